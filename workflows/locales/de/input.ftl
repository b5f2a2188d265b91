# Was an einem Wert nicht stimmt, den jemand angegeben hat. Jedes folgt auf den Namen der Eingabe und einen Doppelpunkt.

input-wrong = **{ $name }**: { $problem }
input-needed = wird gebraucht. Bitte gib einen Wert an.
input-nothing-to-draw = hat Grenzen, zwischen denen nichts zu ziehen ist. Bitte gib einen Wert an.
input-fixed = ist in diesem Workflow fest und kann nicht geändert werden.
input-whole-not = nimmt eine ganze Zahl, nicht { $given }.
input-not-number = nimmt { $wanted ->
    [whole] eine ganze Zahl
   *[number] eine Zahl
 }, nicht „{ $given }“.
input-beyond = nimmt { $wanted ->
    [whole] eine ganze Zahl
   *[number] eine Zahl
 } { $reach }.
input-down-to = bis hinab zu { $low }
input-up-to = bis { $high }
input-from-to = von { $low } bis { $high }
input-bound-low = von mindestens { $number }
input-bound-above = von mehr als { $number }
input-bound-high = von höchstens { $number }
input-bound-below = von weniger als { $number }
input-from-to-not = muss von { $low } bis { $high } sein, nicht { $number }.
input-at-least = muss mindestens { $low } sein, nicht { $number }.
input-at-most = darf höchstens { $high } sein, nicht { $number }.
input-more = muss mehr als { $low } sein, nicht { $number }.
input-less = muss weniger als { $high } sein, nicht { $number }.
input-multiple = muss ein Vielfaches von { $of } sein, nicht { $number }.
input-yes-no = nimmt Ja oder Nein (yes, no).
input-long = darf bis zu { $most } Zeichen haben; das sind { $count }.
input-no-text = nimmt Text; hier sind Zeichen dabei, die kein Text sind.
input-no-choice = kennt „{ $given }“ nicht. Wähle eines von: { $some }
input-color = nimmt eine Farbe wie #ff8800, nicht „{ $given }“.
input-no-model = „{ $given }“ ist kein installiertes Modell, das hier passt. { $instead }
input-no-preset = „{ $given }“ ist kein vorhandener Stil. { $instead }
input-none-now = Zurzeit gibt es keines; bitte sag einem Admin Bescheid.
input-pick = Wähle eines von: { $some }{ $more ->
    [0] {""}
   *[other] {" "}und { $more } weitere
 }
input-box = nimmt vier ganze Zahlen, x_min, y_min, x_max, y_max, wie { $like }.
input-box-order = muss rechts von und unter dem Anfang enden, wie { $like }.
input-twice = nimmt jedes nur einmal, mit seinem Gewicht; hier steht eines doppelt.
input-no-lora = „{ $given }“ ist kein installiertes Modell, das hier passt. Gib Namen an, wie { $like }.
input-weight = das Gewicht von { $name } muss eine Zahl von -{ $most } bis { $most } sein, wie { $like }.
input-place = Wert { $place } { $problem }
input-place-like = Wert { $place } { $problem } Gib sie so an: { $like }.
input-too-many = nimmt bis zu { $most }, nicht { $count }.
input-too-few = braucht mindestens { $least }, nicht { $count }.
input-refused = InvokeAI nimmt diesen Wert nicht ({ $reason }). Versuch es mit einem anderen.
