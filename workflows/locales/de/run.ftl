# Einen Workflow starten: was gesagt wird, bevor seine Karte da ist, und die Formulare.

run-needs-server = Workflows gehören zu einem Server und können hier nicht laufen. Bitte nutze mich auf einem Server, auf dem ich Mitglied bin.
run-no-permission = Hier darf ich keine Ergebnisse posten. Bitte frag einen Admin, ob er mir in diesem Kanal { $needed } gibt.
run-no-card = Discord hat ihre Karten nicht angenommen. Bitte versuch es damit noch einmal.
run-some-let-in = { $started ->
    [one] Einer von { $wanted } Aufträgen ist unterwegs. Die anderen nicht: { $why }
   *[other] { $started } von { $wanted } Aufträgen sind unterwegs. Die anderen nicht: { $why }
  }
run-off = `/{ $name }` ist gerade ausgeschaltet.
run-too-many = Die Auswahl in geschweiften Klammern ergibt { $count } Aufträge; bis zu { $most } auf einmal sind möglich. Bitte gib weniger an, oder schreibe `\{"{"}` für eine Klammer ohne Bedeutung.

run-attach-picture = wird gebraucht. Bitte häng ein Bild an, oder nenne eins mit `from_job` oder `from_url`.
run-attach-video = wird gebraucht. Bitte häng ein Video an.
run-attach-more = braucht mindestens { $least } { $what ->
    [video] Videos
   *[picture] Bilder
  }, nicht { $count }.
run-not-a = nimmt { $what ->
    [video] ein Video
   *[picture] ein Bild
  }; „{ $file }“ ist keins.

# Ein Bild, das genannt statt angehängt wird.
run-all-attached = alle Bilder sind schon angehängt. Bitte lass eins davon weg, oder das hier.
run-no-such-job = so einen Auftrag von dir gibt es hier nicht. Bitte nimm einen, der beim Tippen erscheint.
run-made-nothing = dieser Auftrag hat nichts gemacht. Bitte nimm einen, der beim Tippen erscheint.
run-results-gone = die Bilder dieses Auftrags sind nicht mehr da. Bitte häng eins an, oder nimm einen anderen Auftrag.
run-no-such-picture = { $count ->
    [one] dieser Auftrag hat ein Bild.
   *[other] dieser Auftrag hat { $count } Bilder; bitte gib eins davon an.
  }

# Viele Aufträge mit einem Befehl.
run-ask = Die Auswahl in geschweiften Klammern ergibt **{ $count } Aufträge**. Jeder zählt als einer von deinen. Sollen alle laufen?
run-ask-all = Alle { $count } starten
run-ask-not = Jetzt nicht
run-ask-left = In Ordnung, es wurde nichts gestartet.
run-ask-gone = Diese Frage gibt es nicht mehr: Sie wurde beantwortet oder ist älter als ein Tag. Bitte nutze den Befehl noch einmal.
run-ask-changed = Der Workflow wurde inzwischen geändert. Bitte nimm { $command } noch einmal.

# Das Formular.
run-saved-defaults = 📌 Als deine Vorgaben gespeichert: { $names }. `/settings` zeigt und löscht sie.
run-saved-nothing = Noch gibt es nichts zu speichern: Dateien sind nach einem Tag weg, und Seeds werden ausgewürfelt.
run-my-defaults = Meine Vorgaben

run-none-yet = Auf diesem Server gibt es noch keinen Workflow.
run-unknown = Einen Workflow „{ $typed }“ gibt es hier nicht. Nimm einen, der beim Tippen erscheint.
run-unknown-near = Einen Workflow „{ $typed }“ gibt es hier nicht. Meinst du { $alike }?

run-form-run = Starten
run-form-fill = Ausfüllen
run-form-reset = Zurücksetzen
run-form-detach = Dateien lösen
run-form-close = Schließen
run-form-closed = Geschlossen. `/run` öffnet ein neues.
run-form-nothing = Er fragt nach nichts. Drück auf **Starten**.
run-form-needed = ❗ Fehlt noch
run-form-wrong = ⚠️ Bitte ändern
run-form-required = (nötig)
run-form-more = { $names } und { $count } weitere
run-form-open = Bleibt nach dem Start offen: So kannst du einen Wert ändern und noch einmal starten.
run-form-last = 🕘 Ausgefüllt wie beim letzten Mal.
run-form-changed = 🔁 Der Workflow wurde inzwischen geändert. Bitte sieh dir die Werte an, bevor du auf **Starten** drückst.
run-form-gone = Dieses Formular gibt es nicht mehr: Es wurde geschlossen oder ist älter als ein Tag. `/run` öffnet ein neues.
run-form-others = Dieses Formular gehört jemand anderem. `/run` öffnet dein eigenes.
run-form-none-attached = nichts angehängt
run-form-not-set = nicht gesetzt
run-form-random = Zufall
run-form-empty = leer
run-form-there-are = { $problem } Es gibt: { $names }.
run-form-choice-gone = diese Auswahl gibt es nicht mehr. Bitte wähle noch einmal.
run-form-near = hat kein „{ $typed }“. Meinst du { $alike }?
run-form-none-such = hat kein „{ $typed }“. Es gibt: { $names }.
run-file-missing = 🖼️ **{ $name }** wird gebraucht. Häng es mit **Ausfüllen** an und drücke dann **Starten**.

# Wie Discord Berechtigungen nennt.
run-permission-view_channel = Kanal ansehen
run-permission-send_messages = Nachrichten senden
run-permission-attach_files = Dateien anhängen
run-permission-embed_links = Links einbetten
run-permission-send_messages_in_threads = Nachrichten in Threads senden
