# /help: what can be done here.

help-title = Was du hier machen kannst
help-intro = Jeder davon macht etwas. Tippe einen an, sag, was du möchtest, und schick es ab.
help-none = Hier lässt sich noch kein Workflow ausführen. Ein Admin dieses Servers veröffentlicht sie.
help-none-admin = Hier lässt sich noch kein Workflow ausführen. { $add } veröffentlicht einen.
help-none-allowed = Die Workflows dieses Servers sind in diesem Kanal nicht für dich gedacht. Versuch es in einem anderen, oder frag einen Admin.
help-paused = ⏸️ Ein Admin dieses Servers hält dessen Aufträge gerade zurück: Sie warten, bis das vorbei ist.
help-pages = Seite { $page } von { $pages }
help-previous = Zurück
help-next = Weiter
help-also = Außerdem
help-run = { $run } öffnet ein Formular mit allem, wonach ein Workflow fragt
help-jobs = { $jobs } deine Aufträge · { $job } einer davon, gezeigt, wo du bist
help-queue = { $queue } was wartet · { $settings } Privates, Erwähnungen, deine Vorgaben
help-cards = Unter einem Ergebnis
help-cards-text = **{ $again }** macht noch eins · **{ $edit }** ändert erst die Werte · **{ $variations }** macht mehrere · **{ $use }** macht mit dem Bild weiter · **{ $details }** verrät alles · **{ $delete }** nimmt es weg
help-menus = Bei jedem Bild: die Nachricht lange drücken oder rechts anklicken, **Apps**, **Mit diesem Bild starten**.
help-ask = Etwas geht nicht? Frag einen Admin dieses Servers, und sag die Nummer unter der Karte dazu.
help-admins = Für Admins: { $group }
help-title-direct = Was hier geht
help-direct = Hier zeige ich, was deins ist. Workflows gehören zu Servern: Tippe auf einem, der mich hat, `/`, oder frag dort nach { $help }.
help-direct-jobs = { $jobs } deine Aufträge, auf allen Servern
help-direct-job = { $job } einer davon, hier gezeigt
help-direct-queue = { $queue } was von dir wartet
help-direct-settings = { $settings } Privates, Erwähnungen, deine Vorgaben
help-guest = Ich bin nicht auf diesem Server, darum lässt sich hier nichts ausführen. Was deins ist, geht trotzdem:
help-invite = Wer einen Server verwaltet, kann [mich dazuholen]({ $link }).
