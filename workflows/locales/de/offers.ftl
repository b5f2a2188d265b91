# Die Knöpfe unter einem Auftrag, und was nach dem Drücken gesagt wird.

offers-again = Nochmal
offers-edit = Bearbeiten
offers-variations = Variationen
offers-use = Als Eingabe nutzen
offers-details = Details
offers-delete = Löschen
offers-post = Posten
offers-keep = Privat behalten
offers-originals = Originale
offers-show = Karte hier zeigen
offers-cancel = Abbrechen

offers-not-yours-again = Nur wer ihn gestartet hat, kann diesen Auftrag noch einmal starten. Den Befehl selbst gibt es auch für dich.
offers-not-yours-edit = Nur wer ihn gestartet hat, kann diesen Auftrag bearbeiten. Den Befehl selbst gibt es auch für dich.
offers-not-yours-variations = Nur wer ihn gestartet hat, bekommt Variationen davon. Den Befehl selbst gibt es auch für dich.
offers-not-over = Dieser Auftrag läuft noch. Bitte warte, bis er zu Ende ist.
offers-runs-again = Er läuft schon wieder. `/jobs` zeigt, wie es steht.
offers-elsewhere = Einen Auftrag kannst du nur auf seinem eigenen Server noch einmal starten. Seine Karte dort hat denselben Knopf.
offers-version-gone = Diese Version des Workflows gibt es nicht mehr. Bitte nimm { $command } noch einmal.
offers-no-seed = Dieser Workflow würfelt nichts aus, also wird jeder Lauf gleich. Mit **Bearbeiten** änderst du seine Werte.
offers-no-inputs = Dieser Workflow fragt nach nichts, also gibt es nichts zu bearbeiten. **Nochmal** startet ihn erneut.
offers-attach-again = 🖇️ Discord behält Angehängtes nur einen Tag. Alles andere ist ausgefüllt; bitte hänge { $names } noch einmal an.
offers-edited = ✏️ Ausgefüllt wie beim letzten Mal.

offers-how-many = Wie viele Variationen?
offers-how-many-hint = Jede hat einen eigenen Seed und zählt als ein Auftrag.
offers-one-at-a-time = Hier läuft immer nur ein Auftrag auf einmal.
