# Alles, was über einen Auftrag bekannt ist, hinter dem Knopf „Details“.

details-not-yours = Die Details sieht nur, wer danach gefragt hat, und die Moderation dieses Servers.
details-version = Version { $version } des Workflows
details-asked-by = Gewünscht von { $user }
details-backend = Auf **{ $backend }**, InvokeAI { $version }
details-asked = Gewünscht: { $at }
details-waited = Gewartet: { $took }
details-worked = Gerechnet: { $took }
details-attempts = { $count }-mal begonnen, weil InvokeAI neu gestartet wurde oder weg war
details-ended = Zu Ende: { $at }
details-delivered = Zugestellt: { $at }
details-models = Modelle
details-values = Werte
details-no-values = Er fragt nach nichts.
details-version-gone = Diese Version des Workflows ist weg; das sind die Werte, wie sie aufgehoben wurden.
details-cut = ({ $count } Zeichen; alle stehen in der Datei)
details-more = und { $count ->
    [one] 1 weitere Zeile; sie steht in der Datei
   *[other] { $count } weitere Zeilen; sie stehen in der Datei
}
details-proof = Was er auf InvokeAI hinterließ
details-kind = { $kind ->
    [upload] { $count ->
        [one] 1 mitgegebenes Bild
       *[other] { $count } mitgegebene Bilder
    }
    [output] { $count ->
        [one] 1 Ergebnis
       *[other] { $count } Ergebnisse
    }
    [intermediate] { $count ->
        [one] 1 Zwischenbild
       *[other] { $count } Zwischenbilder
    }
    [video_upload] { $count ->
        [one] 1 mitgegebenes Video
       *[other] { $count } mitgegebene Videos
    }
    [video_output] { $count ->
        [one] 1 Video
       *[other] { $count } Videos
    }
    [video_intermediate] { $count ->
        [one] 1 Zwischenvideo
       *[other] { $count } Zwischenvideos
    }
    [item] { $count ->
        [one] 1 Eintrag der Warteschlange
       *[other] { $count } Einträge der Warteschlange
    }
   *[unanswered] { $count ->
        [one] 1 Aufruf ohne Antwort, dem nachgegangen wird
       *[other] { $count } Aufrufe ohne Antwort, denen nachgegangen wird
    }
}
details-deleted = ✅ { $what } · gelöscht { $at }
details-left = ⏳ { $what } · { $count } noch zu löschen
details-nothing = Dort war nie etwas.
details-clean = InvokeAI hat jede Löschung bestätigt. Seit { $at } ist dort nichts mehr davon.
