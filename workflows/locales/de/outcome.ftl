# Was eine Karte sagt, wenn ihr Auftrag vorbei ist, und wie sein Ende zu der Person kommt, die ihn wollte.

outcome-cancelled = 🛑 Abgebrochen.
outcome-failed = ❌ { $problem }
outcome-no-files = Die Ergebnisse ließen sich nicht posten.
outcome-seed = **Seed** { $seeds }
outcome-file-note = { $file }: { $note }
outcome-more-notes = und { $count ->
    [one] 1 weiterer Hinweis
   *[other] { $count } weitere Hinweise
}

outcome-seconds = { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } s
outcome-minutes = { $minutes } min { $seconds } s
outcome-hours = { $hours } h { $minutes } min

# Oben in einer Direktnachricht.
outcome-direct-deleted = 📬 Der Kanal, [in dem du gefragt hast]({ $link }), wurde gelöscht; hier { $files ->
    [yes] sind die Ergebnisse
   *[no] steht, wie es ausging
}.
outcome-direct-forbidden = 📬 Ich kann [dort, wo du gefragt hast]({ $link }), nicht mehr schreiben; hier { $files ->
    [yes] sind die Ergebnisse
   *[no] steht, wie es ausging
}.
outcome-direct-private = 📬 Das wolltest du privat in { $channel } haben; hier { $files ->
    [yes] sind die Ergebnisse
   *[no] steht, wie es ausging
}.
outcome-direct-again = 🔁 Auf dem Server bietet `/job { $job }` es dir noch einmal an.

# Auf einer Karte, deren Ende woanders steht.
outcome-elsewhere-files = 📬 Ich kann hier keine Dateien mehr posten; die Ergebnisse gingen als Direktnachricht an { $user }.
outcome-elsewhere-words = 📬 Ich darf hier nicht mehr schreiben; { $user } weiß es per Direktnachricht.
outcome-elsewhere-private = 📬 { $files ->
    [yes] Die Ergebnisse kamen als Direktnachricht zu dir.
   *[no] Wie es ausging, steht in einer Direktnachricht an dich.
}

# Eine private Karte, bevor Discord sie beendet.
outcome-rest-direct = 📬 Discord beendet diese private Karte bald. Der Rest kommt als Direktnachricht zu dir.
outcome-rest-long = Discord zeigt eine private Karte eine Viertelstunde lang. Was länger braucht, kommt als Direktnachricht.
outcome-rest-nowhere = 📭 Discord beendet diese private Karte bald, und du nimmst von mir keine Direktnachrichten an. Erlaube Direktnachrichten von Mitgliedern dieses Servers, oder lass dir die Karte mit `/job { $job }` neu zeigen.
outcome-private-goes-on = ⏳ Dein privater Auftrag **{ $title }** läuft weiter; was er macht, kommt hierher.
    -# job `{ $job }`

outcome-moved = ➡️ Dieser Auftrag geht [dort drüben]({ $link }) weiter.
outcome-moved-private = ➡️ Dieser Auftrag geht in einer privaten Antwort weiter.

outcome-ping = { $user } dein Auftrag ist fertig.
outcome-ping-failed = { $user } dein Auftrag hat nicht geklappt.
outcome-done = ✅ Dein Auftrag **{ $title }** ist fertig: { $where }
    -# job `{ $job }`
outcome-not-done = ❌ Dein Auftrag **{ $title }** hat nicht geklappt: { $where }
    -# job `{ $job }`

outcome-cancel-not-yours = Abbrechen kann das nur, wer es wollte, oder jemand mit **Nachrichten verwalten**.
outcome-cancel-over = Dieser Auftrag ist schon vorbei.
outcome-cancel-restarting = 🛑 Ich werde gerade neu gestartet und breche ihn ab, sobald ich zurück bin.
outcome-cancelling = 🛑 Wird abgebrochen …
