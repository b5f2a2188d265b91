# Was neben den Feldern eines Formulars steht.

form-up-to = Bis zu { $count }.
form-empty-keeps = Leer lassen behält { $names }.
form-long-keeps = Dein Text hat { $count } Zeichen; ein Formular zeigt { $most }. Leer lassen behält ihn.
form-none-installed = Es ist nichts Passendes installiert.
form-its-name = Der Name; { $count } sind installiert.

form-yes = Ja
form-no = Nein
form-neither = Lassen, wie es ist

# Was in ein Feld getippt wird: eins oder mehrere davon, mit Kommas dazwischen und einem Punkt dahinter.
form-kind-integer = Ganze Zahl
form-kind-number = Zahl
form-kind-boolean = Ja oder nein
form-kind-string = Text
form-kind-color = Farbe, #rrggbb
form-kind-model = Modell
form-kind-integers = Ganze Zahlen
form-kind-numbers = Zahlen
form-kind-strings = Texte
form-kind-box = Rechteck, x_min, y_min, x_max, y_max
form-kind-loras = LoRAs mit Gewichten
form-kind-style_preset = Stilvorlage
form-one-of = Eins von { $names }
form-which = eins von { $names }
form-from-to = { $kind } von { $low } bis { $high }
form-at-least = mindestens { $number }
form-more-than = mehr als { $number }
form-at-most = höchstens { $number }
form-less-than = weniger als { $number }
form-like = wie { $example }
form-multiple = ein Vielfaches von { $number }
form-drawn = wird ausgewürfelt, wenn leer

# Mehrere Namen: die ersten, und einer von wenigen.
form-some = { $names } und { $more } weitere
form-either = { $names } oder { $last }
