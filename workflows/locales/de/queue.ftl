# /queue: what runs and waits on a server.

queue-title = Was hier läuft und wartet
queue-title-own = Deine Aufträge in der Reihe
queue-running = **Läuft**
queue-waiting = **Wartet**
queue-empty = Hier läuft und wartet gerade nichts.
queue-empty-own = Von dir läuft und wartet gerade nichts.
queue-others = { $count ->
    [one] Ein Auftrag von anderen Servern ist auch in der Reihe.
   *[other] { $count } Aufträge von anderen Servern sind auch in der Reihe.
}
queue-others-own = { $count ->
    [one] Ein Auftrag von jemand anderem ist auch in der Reihe.
   *[other] { $count } Aufträge von anderen sind auch in der Reihe.
}
queue-more = { $count ->
    [one] und 1 weiterer
   *[other] und { $count } weitere
}
queue-private = ein privater Auftrag
queue-you = du
queue-since = begonnen { $when }
queue-starts = Start { $when }
queue-next = fängt gleich an
queue-uploading = lädt hoch
queue-stopping = wird abgebrochen
queue-paused = ⏸️ Ein Admin dieses Servers hält dessen Aufträge gerade zurück. Sie behalten ihre Plätze.
queue-paused-why = ⏸️ Ein Admin dieses Servers hält dessen Aufträge gerade zurück: { $reason }. Sie behalten ihre Plätze.
queue-no-backend = 🔌 Zurzeit nimmt kein InvokeAI Aufträge an. Sie bleiben erhalten und gehen weiter, sobald wieder eines da ist.
queue-refresh = Aktualisieren
queue-not-here = Ich bin nicht auf diesem Server, darum gibt es hier keine Reihe. Das hast du anderswo laufen.
