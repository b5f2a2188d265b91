# Wer einen Workflow starten darf, wo, wie oft und womit.

# An Mitglieder, die nicht dürfen.
policy-not-you = Dieser Workflow ist auf diesem Server nur für einige Mitglieder. Ein Admin kann ihn auch dir erlauben.
policy-not-here = Dieser Workflow ist nicht für diesen Kanal gedacht. Bitte versuch es in einem anderen.
policy-elsewhere = Dieser Workflow ist nur für einige Mitglieder oder Kanäle seines Servers. Bitte starte ihn dort.
policy-age = Dieser Workflow läuft nur in Kanälen mit Altersbeschränkung. Bitte starte ihn in einem davon.
policy-untold = Discord sagt gerade nicht, wer `/{ $slug }` benutzen darf. Bitte versuch es gleich noch einmal.
policy-command-not-here = `/{ $slug }` ist nicht für diesen Kanal gedacht. Bitte versuch es in einem anderen.
policy-command-not-you = `/{ $slug }` ist auf diesem Server nur für einige Mitglieder. Ein Admin kann den Befehl auch dir erlauben.

# Hinter dem Namen einer Eingabe.
policy-too-low = darf bei dir auf diesem Server nicht unter { $least } liegen.
policy-too-high = darf bei dir auf diesem Server höchstens { $most } sein.
policy-too-long = darf bei dir auf diesem Server höchstens { $most } Zeichen lang sein.
policy-words-broken = da steht etwas, das dieser Server nicht erlaubt. Bitte sag es mit anderen Worten.
policy-words-rule = da steht etwas, das dieser Server nicht erlaubt: die Regel `{ $rule }` aus `/workflow words`.
policy-words-unchecked = das konnte nicht rechtzeitig nach den Regeln dieses Servers geprüft werden. Bitte versuch es noch einmal oder schreib einen kürzeren Text.

# /workflow words
policy-words-title = Wortregeln
policy-words-empty = Mitglieder dürfen schreiben, was sie mögen. Um das zu ändern, gib dem Befehl eine Option: `add` nimmt ein Wort oder mehrere hintereinander, `pattern` einen regulären Ausdruck.
policy-words-hint = { $count } von { $most } Regeln. Sie gelten für jeden Text, den jemand angibt, wer es auch ist.
policy-words-is-pattern = Muster
policy-words-added = ✅ `{ $rule }` ist hinzugefügt. Das darf jetzt niemand mehr schreiben.
policy-words-removed = 🗑️ `{ $rule }` ist entfernt.
policy-words-unknown = Diese Regel gibt es hier nicht. Wähl eine von denen, die beim Tippen erscheinen.
policy-words-one = Bitte gib immer nur eins an: `add`, `pattern` oder `remove`.
policy-words-known = Diese Regel gibt es schon.
policy-words-full = Dieser Server hat { $most } Wortregeln, und mehr darf er nicht haben. Entferne zuerst eine.
policy-words-long = Diese Regel ist zu lang: höchstens { $most } Zeichen.
policy-words-none = In dieser Regel steht nichts, das sich finden ließe.
policy-pattern-wrong = Dieses Muster lässt sich nicht lesen: { $why }
policy-pattern-empty = Dieses Muster passt auf einen leeren Text und würde deshalb alles ablehnen.
policy-pattern-slow = Dieses Muster braucht bei manchen Texten zu lange. Bitte schreib es mit weniger Wiederholungen in Wiederholungen.

# /workflow policy: was gilt.
policy-title = Regeln für /{ $slug }
policy-hint = Wer „Server verwalten“ darf, ist von Wer und Wo ausgenommen, vom Rest nicht. Was unter Servereinstellungen > Integrationen steht, gilt zusätzlich.
policy-who = Wer
policy-who-all = Alle
policy-where = Wo
policy-where-all = In jedem Kanal
policy-only = Nur { $list }
policy-not = Nicht { $list }
policy-and-more = { $list } und { $count } weitere
policy-often = Wie oft
policy-often-any = So oft, wie es die Grenzen des Servers erlauben
policy-cap-running = { $count } gleichzeitig in Arbeit
policy-cap-waiting = { $count } gleichzeitig offen
policy-cap-cooldown = { $time } von einem Lauf zum nächsten
policy-cap-daily = { $count ->
    [one] einmal in 24 Stunden
   *[other] { $count } Läufe in 24 Stunden
}
policy-bounds = Werte
policy-bounds-none = Wie der Workflow sie nimmt
policy-bounds-left = { $count ->
    [one] … und eine weitere Rolle
   *[other] … und { $count } weitere Rollen
}
policy-bound-between = { $least } bis { $most }
policy-bound-least = mindestens { $least }
policy-bound-most = höchstens { $most }
policy-bound-long = bis zu { $most } Zeichen
policy-results = Ergebnisse
policy-results-any = Wie es jedes Mitglied möchte
policy-result-spoiler = verdeckt, bis jemand darauf klickt
policy-result-age = nur in Kanälen mit Altersbeschränkung
policy-result-private = privat, nur für das Mitglied, das es gestartet hat

# /workflow policy: Menüs und Knöpfe.
policy-menus-allowed = Die Menüs darunter: wer es starten **darf** und wo.
policy-menus-denied = Die Menüs darunter: wer es **nicht** starten darf und wo nicht.
policy-roles-allowed = Rollen, die es starten dürfen
policy-roles-denied = Rollen, die es nicht starten dürfen
policy-channels-allowed = Kanäle, in denen man es starten darf
policy-channels-denied = Kanäle, in denen man es nicht starten darf
policy-members-allowed = Mitglieder, die es starten dürfen
policy-members-denied = Mitglieder, die es nicht starten dürfen
policy-choose-denied = Wählen, wer nicht darf …
policy-choose-allowed = Wählen, wer darf …
policy-caps-button = Wie oft …
policy-bounds-button = Werte …
policy-spoiler-button = Verdeckt
policy-age-button = Nur mit Altersbeschränkung
policy-private-button = Nur privat
policy-clear-button = Zurücksetzen
policy-back-button = Zurück
policy-everyone-button = Für alle
policy-unbound-button = Für diese Rolle löschen
policy-bounds-title = Werte für /{ $slug }
policy-bounds-of = Was dürfen Mitglieder mit { $role } angeben? Wähl eine Eingabe.
policy-bounds-hint = Ein Mitglied kann mehrere Rollen haben, und @everyone ist eine davon. Von den Grenzen, die für sie gesetzt sind, gelten die weitesten.
policy-bounds-nothing = Dieser Workflow fragt weder nach Zahlen noch nach Texten.
policy-bounds-role = Wessen Werte?
policy-bounds-input = Wähl eine Eingabe (📏 hat Grenzen)
policy-no-input = Diese Eingabe gibt es nicht mehr.

# /workflow policy: Formulare.
policy-form-caps = Wie oft ein Mitglied es darf
policy-form-running = Gleichzeitig in Arbeit
policy-form-running-hint = Aufträge eines Mitglieds, die InvokeAI schon hat; leer: wie auf dem Server üblich
policy-form-waiting = Gleichzeitig offen
policy-form-waiting-hint = Wartende und laufende Aufträge eines Mitglieds; leer: wie auf dem Server üblich
policy-form-cooldown = Von einem Lauf zum nächsten
policy-form-cooldown-hint = Etwa 30 s, 5 min oder 2 h; leer: keine Pause
policy-form-daily = Läufe in 24 Stunden
policy-form-daily-hint = Fehlgeschlagene zählen nicht; leer: beliebig viele
policy-form-bound = Grenzen von { $name }
policy-form-lowest = Kleinster Wert
policy-form-highest = Größter Wert
policy-form-longest = Längster Text, in Zeichen
policy-form-takes = Leer: keine Grenze. Die Eingabe nimmt: { $takes }
policy-bad-count = **{ $what }** nimmt eine ganze Zahl von 1 bis { $most } oder nichts.
policy-bad-time = **Von einem Lauf zum nächsten** nimmt eine Zeit wie 30 s, 5 min oder 2 h, bis zu { $days } Tagen.
policy-bad-number = **{ $what }** nimmt eine Zahl oder nichts.
policy-bad-bounds = Der kleinste Wert liegt über dem größten.
