# /settings: what a member chose for themselves.

settings-title = Deine Einstellungen
settings-intro = Sie gelten für dich, auf jedem Server. Drücke einen Knopf, um etwas umzuschalten.
settings-private = 🔒 Von sich aus privat
settings-why-private = Nur du siehst die Karten deiner Aufträge; jede lässt sich danach noch posten.
settings-spoiler = 🫣 Spoiler
settings-why-spoiler = Deine Ergebnisse sind verdeckt, bis jemand sie anklickt.
settings-previews = 👁️ Vorschau
settings-why-previews = Die Karte zeigt, was schon da ist, während dein Auftrag läuft.
settings-ping = 🔔 Erwähnen, wenn fertig
settings-why-ping = Ist ein Auftrag fertig, der länger als { $seconds } s gedauert hat, erwähne ich dich in seinem Kanal, es sei denn, er ist privat.
settings-direct = 📬 Direktnachricht, wenn fertig
settings-why-direct = Ist ein Auftrag fertig, der länger als { $seconds } s gedauert hat, schreibe ich dir direkt, mit dem Weg zur Karte.
settings-line = { $name }: **{ $state ->
    [on] an
   *[off] aus
}**
settings-button = { $name }: { $state ->
    [on] an
   *[off] aus
}
settings-defaults = Deine eigenen Vorgaben
settings-defaults-none = Noch keine. Öffne mit `/run` das Formular eines Workflows, fülle es aus und drücke **Meine Vorgaben**: Von da an beginnt es mit diesen Werten.
settings-defaults-some = Sie gelten, wo du einem Workflow nichts anderes gibst. **Meine Vorgaben** auf dem Formular, das `/run` öffnet, legt sie fest.
settings-defaults-pick = Zeig mir die Vorgaben für …
settings-defaults-of = Deine Vorgaben für { $workflow }
settings-defaults-more = Nur die ersten { $count } stehen zur Wahl.
settings-forget = Diese vergessen
settings-forgotten = Vergessen: { $workflow } nimmt wieder seine eigenen Vorgaben.
settings-forgotten-before = Es gab keine mehr zu vergessen.
settings-back = Zurück
settings-removed = Dieser Workflow wurde entfernt, und seine Vorgaben mit ihm.
settings-not-yours = Das sind die Einstellungen von jemand anderem. `/settings` zeigt deine.
