# Was die Admins eines Servers lesen, und was Mitglieder davon lesen, was Admins getan haben.

admin-more-lines = -# und { $count } weitere { $count ->
    [one] Zeile
   *[other] Zeilen
}
admin-jobs = { $count ->
    [one] 1 Auftrag
   *[other] { $count } Aufträge
}
admin-things = { $count ->
    [one] 1 Ding
   *[other] { $count } Dinge
}

## Status

admin-status-title = Status
admin-status-backends = Backends
admin-status-line = Warteschlange
admin-status-here = Auf diesem Server im Gang
admin-status-left = Noch zu löschen
admin-status-errors = Letzte Fehler
admin-status-counts = { $running } von { $most } laufen, { $waiting } warten
admin-status-nobody-waits = Niemand wartet.
admin-status-waiting = { $jobs } { $count ->
    [one] wartet
   *[other] warten
}; von diesem Server: { $here }
admin-status-more-jobs = -# und { $count } { $count ->
    [one] weiterer Auftrag
   *[other] weitere Aufträge
}
admin-status-nothing-here = Im Moment nichts.
admin-status-nothing-left = Nichts.
admin-status-counted-in = -# Was laufende Aufträge noch brauchen, ist mitgezählt.
admin-status-unsaid = mehr ist nicht bekannt
admin-status-private = ein privater Lauf: Was schiefging, weiß nur das Mitglied
admin-status-paused = ⏸️ Von { $who } { $when } angehalten: Bis `/admin resume` kommt hier kein Auftrag an die Reihe.
admin-status-paused-because = ⏸️ Von { $who } { $when } angehalten: { $reason }
    -# Bis `/admin resume` kommt hier kein Auftrag an die Reihe.
admin-status-blocked = 🚫 { $count ->
    [one] 1 Mitglied ist
   *[other] { $count } Mitglieder sind
} hier gesperrt; `/admin blocked` sagt, wer.
admin-status-no-audit-channel = ⚠️ { $channel } gibt es nicht mehr, oder ich darf dort nicht mehr schreiben. Was Admins tun, wird darum nirgends mehr gemeldet. Mit `/admin settings` wählst du einen anderen Kanal.

admin-state-leaving = nicht mehr in der Konfiguration
admin-state-drained = wird geleert, bekommt nichts Neues
admin-state-down = beiseitegestellt, antwortet nicht
admin-state-paused = seine Warteschlange ist angehalten

admin-backend-stands = { $sign } { $name }: { $words }.
admin-backend-takes-jobs = nimmt Aufträge an
admin-backend-ends = Es beendet, was es hat: { $jobs }.
admin-backend-rests = Dort läuft nichts.
admin-backend-none = Im Moment nimmt kein Backend Aufträge an: Was verlangt wird, wartet, bis wieder eines welche annimmt.
admin-backend-owner = Alle Server teilen sich die Backends, darum kann das nur, wer diesen Bot betreibt. Bitte frag dort nach.

## Grenzen

admin-limits-title = Grenzen
admin-limits-footer = Fettes ist für die Rolle festgelegt, der Rest gilt wie für alle. Bei mehreren Rollen zählt jeweils das Meiste.
admin-limits-less = -# Was weniger ist, als alle haben, zählt nicht.
admin-limits-ordinary = so oft an der Reihe wie üblich
admin-limits-turns = { $weight }-mal an der Reihe, wo andere es einmal sind
admin-limits-running = { $count } gleichzeitig in Arbeit
admin-limits-any-running = beliebig viele gleichzeitig in Arbeit
admin-limits-waiting = { $count } gleichzeitig offen
admin-limits-any-time = beliebig viel Zeit von InvokeAI
admin-limits-minutes = { $minutes } min von InvokeAI in 24 Stunden
admin-limits-everyone = Alle
admin-limits-deleted-role = Eine gelöschte Rolle (`{ $role }`)
admin-limits-which-role = Bitte sag, für welche **role** das gelten soll; auch `@everyone` ist eine.

## Anhalten

admin-paused = ⏸️ Die Aufträge dieses Servers sind angehalten. Neue kommen weiter in die Warteschlange, was schon läuft, wird noch fertig, und sonst kommt bis `/admin resume` nichts an die Reihe.{ $waiting ->
    [0] {""}
    [one] {" "}1 Auftrag wartet.
   *[other] {" "}{ $waiting } Aufträge warten.
}
admin-paused-anew = ⏸️ Die Aufträge dieses Servers waren schon angehalten. Es gilt jetzt der neue Grund.
admin-resumed = ▶️ Die Aufträge dieses Servers kommen wieder an die Reihe.{ $waiting ->
    [0] {""}
    [one] {" "}1 Auftrag wartet.
   *[other] {" "}{ $waiting } Aufträge warten.
}
admin-was-not-paused = Die Aufträge dieses Servers sind nicht angehalten.

## Sperren

admin-you-are-blocked = Ein Admin dieses Servers hat dich hier gesperrt: Du kannst nichts starten. Wenn du das für ein Versehen hältst, sprich bitte mit ihnen.
admin-you-are-blocked-because = Ein Admin dieses Servers hat dich hier gesperrt: Du kannst nichts starten. Der Grund: { $reason }
admin-blocked = 🚫 { $who } kann hier nichts mehr starten.{ $cancelled ->
    [0] {""}
    [one] {" "}1 Auftrag dieses Mitglieds wird abgebrochen.
   *[other] {" "}{ $cancelled } Aufträge dieses Mitglieds werden abgebrochen.
}
admin-blocked-anew = 🚫 { $who } war schon gesperrt. Es gilt jetzt der neue Grund.{ $cancelled ->
    [0] {""}
    [one] {" "}1 Auftrag dieses Mitglieds wird abgebrochen.
   *[other] {" "}{ $cancelled } Aufträge dieses Mitglieds werden abgebrochen.
}
admin-unblocked = ✅ { $who } kann hier wieder etwas starten.
admin-block-yourself = Dich selbst kannst du nicht sperren.
admin-block-manager = { $who } hat **Server verwalten**, und wer das hat, kann nicht gesperrt werden.
admin-block-bot = { $who } ist ein Bot, und Bots starten hier ohnehin nichts.
admin-not-blocked = Dieses Mitglied ist hier nicht gesperrt. `/admin blocked` sagt, wer es ist.
admin-nobody-blocked = Hier ist niemand gesperrt.
admin-blocked-title = Hier gesperrt
admin-blocked-line = { $who } · { $when } von { $by }

## Abbrechen

admin-cancel-what = Bitte sag, was abgebrochen werden soll: ein Auftrag (**job**), alle eines Mitglieds (**member**) oder alles auf diesem Server (**everything**); eines von den dreien.
admin-cancel-no-job = Auf diesem Server gibt es keinen unfertigen Auftrag `{ $job }`.
admin-cancel-nothing = Es gibt nichts abzubrechen.
admin-cancel-told = 🛑 { $count ->
    [one] 1 Auftrag wird
   *[other] { $count } Aufträge werden
} abgebrochen.
admin-cancel-of = 🛑 { $count ->
    [one] 1 Auftrag
   *[other] { $count } Aufträge
} von { $who } { $count ->
    [one] wird
   *[other] werden
} abgebrochen.
admin-cancel-restarting = Ich werde gerade neu gestartet und tue es, sobald ich wieder da bin.
admin-cancel-sure = { $count ->
    [one] Auf diesem Server ist ein Auftrag nicht fertig. Soll er abgebrochen werden?
   *[other] Alle { $count } unfertigen Aufträge dieses Servers abbrechen, ganz gleich, von wem?
}
admin-cancel-yes = Alle abbrechen
admin-cancel-no = Behalten
admin-cancel-kept = Es wurde nichts abgebrochen.

## Nutzung

admin-usage-title = { $by ->
    [member] Nutzung nach Mitglied
    [workflow] Nutzung nach Workflow
   *[day] Nutzung nach Tag
}
admin-usage-days = { $days ->
    [one] Heute (UTC)
   *[other] Die letzten { $days } Tage (UTC)
}
admin-usage-none = In dieser Zeit lief hier nichts.
admin-usage-total = { $when }: **{ $jobs }**, **{ $time }** von InvokeAI · { $outcomes }
admin-usage-line = { $name } · { $jobs } · { $time } · { $outcomes }
admin-usage-note = { $jobs } · { $time }
admin-usage-legend = ✅ fertig · ❌ fehlgeschlagen · 🛑 abgebrochen · ❔ verloren · ⏳ im Gang. Die Datei hat alle.
admin-usage-seconds = { $n } s
admin-usage-minutes = { $n } min
admin-usage-hours = { $n } h
admin-usage-chart = { $by ->
    [member] Zeit von InvokeAI nach Mitglied
    [workflow] Zeit von InvokeAI nach Workflow
   *[day] Zeit von InvokeAI nach Tag
}, { $unit ->
    [seconds] in Sekunden
    [minutes] in Minuten
   *[hours] in Stunden
}
admin-usage-alt = Ein Balkendiagramm: { $title }. { $most }
admin-usage-alt-most = Am meisten: { $name }, { $time }.

## Protokoll

admin-audit-title = Protokoll
admin-audit-none = Noch kein Admin hat hier etwas getan.
admin-audit-no-more = Älteres gibt es nicht.
admin-audit-older = Ältere
admin-audit-newest = Neueste
admin-audit-line = { $when } · { $who } { $what }
admin-audit-posted = { $who } { $what }
admin-act = { $action ->
    [published] hat { $subject } veröffentlicht
    [updated] hat eine neue Version von { $subject } veröffentlicht
    [rolled_back] hat eine frühere Version von { $subject } zurückgeholt
    [enabled] hat { $subject } eingeschaltet
    [disabled] hat { $subject } ausgeschaltet
    [removed] hat { $subject } entfernt
    [copied] hat { $subject } auf einen anderen Server kopiert
    [policy] hat die Regeln für { $subject } geändert
    [word_rule] hat die Wortregeln geändert: { $subject }
    [limits] hat die Grenzen geändert: { $subject }
    [choices] hat die Einstellungen geändert
    [backend] hat das Backend { $subject } geändert
    [paused] hat die Aufträge dieses Servers angehalten
    [resumed] hat die Aufträge dieses Servers weitergehen lassen
    [blocked] hat { $subject } gesperrt
    [unblocked] hat { $subject } entsperrt
    [cancelled] hat abgebrochen: { $subject }
    [deleted] hat Ergebnisse gelöscht: { $subject }
   *[other] hat etwas getan: { $action } { $subject }
}
admin-act-gone-roles = gelöschte Rollen
admin-act-everything = alles auf diesem Server

## Einstellungen

admin-settings-title = Einstellungen dieses Servers
admin-settings-changed = Gespeichert.
admin-settings-hint = Um etwas zu ändern, gib dem Befehl die passende Option, etwa language.
admin-settings-previews = **Vorschau** { $on ->
    [yes] an: Karten zeigen das Bild, während es entsteht
   *[no] aus
}
admin-settings-names = **Namen in /queue** { $on ->
    [yes] für alle sichtbar
   *[no] nur für Moderatoren
}
admin-settings-audit = **Protokollkanal** { $channel }
admin-settings-no-audit = **Protokollkanal** keiner; in `/admin audit` steht alles
admin-settings-language = **Sprache der Karten** { $language ->
    [auto] wie Discord sie für diesen Server angibt
   *[other] { $name }
}
admin-settings-spoilers = **Verdeckte Ergebnisse** in { $channels }
admin-settings-no-spoilers = **Verdeckte Ergebnisse** in keinem Kanal
admin-settings-cannot-write = In { $channel } darf ich nicht schreiben. Bitte gib mir dort zuerst { $needed }.
admin-settings-contradiction = Bitte wähle einen Protokollkanal oder schalte ihn ab, nicht beides.
admin-settings-no-spoiler-channel = { $channel } ist keiner der Kanäle, in denen Ergebnisse verdeckt werden.
admin-settings-too-many = Ergebnisse können in bis zu { $most } Kanälen verdeckt werden.
