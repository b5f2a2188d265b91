# /jobs and /job: lists of jobs, one job, and showing it somewhere else.

jobs-title = Deine Aufträge
jobs-none = Du hast hier noch nichts ausgeführt. `/help` zeigt, was es gibt.
jobs-none-direct = Du hast noch nichts ausgeführt. Tippe auf einem Server, auf dem ich bin, `/`, um zu sehen, was es gibt.
jobs-none-of-these = Von deinen Aufträgen ist keiner dabei. Wähle unten einen anderen Filter.
jobs-pages = { $first }–{ $last } von { $count }
jobs-everywhere = von allen Servern
jobs-of-workflow = Nur { $workflow }
jobs-previous = Zurück
jobs-next = Weiter
jobs-show-all = Alle
jobs-show-open = Wartende und laufende
jobs-show-done = Fertige
jobs-show-failed = Fehlgeschlagene und abgebrochene
jobs-show = Welche zeigen?
jobs-not-yours = Diese Liste gehört jemand anderem. `/jobs` zeigt deine.
jobs-unknown = So einen Auftrag von dir gibt es hier nicht. `/jobs` zeigt, welche es gibt.
jobs-no-workflow = Keiner deiner Aufträge hier lief mit einem Workflow namens „{ $typed }“. Wähle einen von denen, die beim Tippen erscheinen.

# Where a job stands, in a list.
jobs-uploading = lädt hoch
jobs-waiting = wartet
jobs-running = läuft
jobs-starting = Fängt gleich an …
jobs-place = Wartet, **{ $place } in der Reihe**
jobs-starts = { $place } · Start { $when }
jobs-said = „{ $prompt }“
jobs-direct = per Direktnachricht
jobs-unposted = konnte nicht gepostet werden
jobs-were-deleted = gelöscht
jobs-no-answer = 🔌 InvokeAI antwortet gerade nicht
jobs-paused = ⏸️ Die Warteschlange von InvokeAI ist gerade angehalten

# One job.
jobs-asked = Angefragt { $when }
jobs-asked-by = Angefragt { $when } von { $who }
jobs-kept = { $trouble }. Der Auftrag bleibt erhalten.
jobs-cancelling = 🛑 Wird abgebrochen …
jobs-uploading-now = 📤 Wird hochgeladen …
jobs-running-since = 🎨 Läuft, begonnen { $when }
jobs-about-to-start = ⏳ Fängt gleich an …
jobs-done = ✅ Fertig { $when }, nach { $took }.
jobs-cancelled = 🛑 Abgebrochen { $when }, nach { $took }.
jobs-ended-private = { $sign } Beendet { $when }, nach { $took }.
jobs-ended = { $sign } Beendet { $when }, nach { $took }: { $problem }
jobs-deleted = Seine Ergebnisse wurden gelöscht.
jobs-never-posted = Seine Karte konnte nicht gepostet werden, darum lief er nicht.
jobs-told-directly = Das Ende kam per Direktnachricht, weil ich es dort, wo gefragt wurde, nicht posten konnte.
jobs-card = Seine Karte ist [hier]({ $link }).
jobs-card-private = Seine Karte ist privat: Nur du siehst sie.
jobs-card-not-yours = Seine Karte ist privat: Nur wer ihn angefragt hat, sieht sie.
jobs-card-deleted = Jemand hat seine Karte gelöscht, darum wurde das Ende nicht gepostet.
jobs-channel-deleted = Das Ende konnte nirgends gesagt werden: Der Kanal wurde gelöscht, und auch eine Direktnachricht kam nicht an. Führe ihn in einem anderen Kanal noch einmal aus.
jobs-forbidden = Das Ende konnte nirgends gesagt werden: In { $channel } darf ich nicht mehr schreiben, und auch eine Direktnachricht kam nicht an. Führe ihn noch einmal aus, sobald ich dort schreiben darf oder du Direktnachrichten von diesem Server annimmst.
jobs-untold = Sein Ende konnte nicht gepostet werden.

# Show here.
jobs-show-not-yours = Nur wer ihn angefragt hat, kann ihn anderswo zeigen.
jobs-show-you-may-not = Du darfst hier nichts posten: Dir fehlt { $permissions } in diesem Kanal.
jobs-show-guest = Ich bin hier kein Mitglied und könnte die Karte nicht auf dem Laufenden halten. Zeig sie dort, wo ich Mitglied bin, oder in unseren Direktnachrichten.
jobs-gone = Die Bilder sind weg: Die Nachrichten mit ihnen wurden gelöscht, oder ich kann sie nicht mehr lesen.
jobs-gone-private = Die Bilder hast nur du gesehen, und Discord lässt keinen Weg zurück zu ihnen.
jobs-too-large = { $count ->
    [one] Eine Datei ist hier zu groß; sie ist dort, [wo sie zuerst gepostet wurde]({ $link }).
   *[other] { $count } Dateien sind hier zu groß; sie sind dort, [wo sie zuerst gepostet wurden]({ $link }).
}
jobs-some-gone = { $count ->
    [one] Eine Datei ließ sich nicht noch einmal holen.
   *[other] { $count } Dateien ließen sich nicht noch einmal holen.
}
jobs-permission-send = **Nachrichten senden**
jobs-permission-threads = **Nachrichten in Threads senden**
jobs-permission-files = **Dateien anhängen**
jobs-permissions = { $one } und { $other }
jobs-show-age = Sein Workflow ist nur für altersbeschränkte Kanäle. Zeig ihn in so einem oder in unseren Direktnachrichten.
jobs-show-where = Sein Workflow ist nicht für diesen Kanal gedacht. Zeig ihn in einem anderen oder in unseren Direktnachrichten.
jobs-show-ending = Er ist gerade zu Ende, und seine Ergebnisse werden gepostet. Bitte versuch es gleich noch einmal.
jobs-left-out = { $count ->
    [one] Eine weitere Datei passt hier nicht mehr hin; sie ist dort, [wo sie zuerst gepostet wurde]({ $link }).
   *[other] { $count } weitere Dateien passen hier nicht mehr hin; sie sind dort, [wo sie zuerst gepostet wurden]({ $link }).
}
jobs-held-back = ⏸️ Ein Admin seines Servers hält dessen Aufträge gerade zurück
