# Ergebnisse, die doch noch gepostet, für sich behalten oder gelöscht werden.

posting-delete-ask = Die Ergebnisse von **{ $title }** für alle und endgültig löschen?
posting-delete-yes = Ja, löschen
posting-delete-no = Nein, behalten
posting-delete-left = Es wurde nichts gelöscht.
posting-delete-not-yours = Das kann nur löschen, wer danach gefragt hat oder das Recht **Nachrichten verwalten** hat.
posting-delete-runs = Dieser Auftrag läuft noch. Brich ihn bitte zuerst ab, oder warte, bis er fertig ist.
posting-delete-gone = Seine Nachrichten sind schon gelöscht.
posting-deleted = 🗑️ Gelöscht, mit allen Dateien.
posting-left = { $count ->
    [one] 🗑️ Bis auf eine Nachricht ist alles gelöscht. Diese erreiche ich nicht mehr; wer **Nachrichten verwalten** darf, kann sie löschen: { $links }
   *[other] 🗑️ { $count } Nachrichten konnten nicht gelöscht werden, weil ich sie nicht mehr erreiche. Wer **Nachrichten verwalten** darf, kann sie löschen: { $links }
}
posting-left-private = 🗑️ Gelöscht, bis auf weitere Nachrichten, die nur du siehst. Die erreiche ich nicht mehr: **Nachricht verwerfen** nimmt sie weg.

posting-not-yours = Das kann nur, wer danach gefragt hat.
posting-not-done = Es gibt keine Ergebnisse, die gepostet werden könnten.
posting-is-posted = Es ist schon gepostet: { $link }
posting-private-only = Auf diesem Server sind die Ergebnisse dieses Workflows privat.
posting-not-there = Auf dem Server ist dieser Workflow nicht für { $channel } gedacht, oder nicht für dich.
posting-member-may-not = Du darfst in { $channel } keine Dateien posten, darum poste ich sie dort auch nicht für dich.
posting-bot-may-not = Ich darf in { $channel } keine Dateien posten. Bitte eine Admin-Person, mir dort **Kanal ansehen**, **Nachrichten senden**, **Dateien anhängen** und **Links einbetten** zu geben.
posting-no-channel = Ich weiß nicht, in welchen Kanal es soll. Nimm auf dem Server `/job` mit `{ $job }` in dem Kanal, der es bekommen soll.
posting-no-member = Du bist nicht mehr auf diesem Server.
posting-files-gone = Die Dateien sind bei Discord weg. **Nochmal** macht sie neu.
posting-refused = Discord hat es nicht angenommen: Ich darf in { $channel } nicht mehr posten. Es wurde nichts gepostet.
posting-too-large = Die Dateien sind zu groß für { $channel }. Es wurde nichts gepostet.
posting-later = Discord antwortet im Moment nicht. Drück bitte bald noch einmal darauf; nichts wird doppelt gepostet.
posting-cut = { $count ->
    [one] Eine weitere Datei hat Discord nicht angenommen.
   *[other] { $count } weitere Dateien hat Discord nicht angenommen.
}
posting-done = 📣 Gepostet: { $link }
posting-left-out = { $count ->
    [one] Eine weitere Datei ist nicht dabei: Ihre Nachricht siehst nur du, und ich kann sie nicht mehr lesen.
   *[other] { $count } weitere Dateien sind nicht dabei: Ihre Nachrichten siehst nur du, und ich kann sie nicht mehr lesen.
}
posting-kept = 🔒 Es bleibt unter uns. Discord vergisst diese Nachricht, sobald du sie verwirfst oder die App neu startest; sichere also, was du behalten willst.
posting-kept-direct = 🔒 Es bleibt unter uns, hier in unseren Direktnachrichten. `/job` mit `{ $job }` kennt den Auftrag noch.
