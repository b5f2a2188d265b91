# Dateien: was Mitglieder geben, und wie Ergebnisse ankommen.

files-damaged = dieses Bild ist beschädigt oder abgeschnitten. Bitte häng ein PNG, JPEG oder WebP an.
files-no-picture = diese Datei ist kein lesbares Bild. Bitte häng ein PNG, JPEG oder WebP an.
files-too-many-pixels = dieses Bild hat { $width } x { $height } Pixel; bis zu { $most } Millionen gehen. Bitte verkleinere es.
files-heic = das ist ein HEIC-Foto, wie iPhones sie aufnehmen, und InvokeAI kann es nicht lesen. Schick es als JPEG: ein Bildschirmfoto davon genügt, und mit **Einstellungen > Kamera > Formate > Maximale Kompatibilität** nimmt das iPhone künftig JPEGs auf.
files-avif = das ist ein AVIF-Bild von einer Art, die hier nicht gelesen werden kann. Bitte speichere es als PNG, JPEG oder WebP.
files-svg = das ist eine SVG-Zeichnung und hat keine Pixel. Bitte exportiere sie als PNG.
files-pdf = das ist ein PDF. Bitte häng die Seite als PNG oder JPEG an; ein Bildschirmfoto genügt.
files-video = das ist ein Video, und hier wird ein Bild gebraucht. Bitte häng ein PNG, JPEG oder WebP an.
files-page = das ist eine Webseite. Bitte gib das Bild selbst, als PNG, JPEG oder WebP.
files-no-video = diese Datei ist kein lesbares Video. Bitte häng ein MP4 an.
files-first-frame = **{ $name }** ist animiert; verwendet wurde das erste Bild.
files-first-page = **{ $name }** hat mehrere Seiten; verwendet wurde die erste.
files-gone = diese Datei ist nicht mehr da. Bitte häng sie noch einmal an.
files-too-large = diese Datei ist zu groß; bis zu { $most } MiB gehen.
files-unreadable = { $path } kann nicht gelesen werden: { $reason }.
files-elsewhere = diese Datei liegt nicht bei Discord. Bitte häng sie an.

files-lossless = verlustfreies WebP: das PNG ist über der Grenze des Servers
files-lossy = WebP mit Qualität { $quality }: das PNG ist über der Grenze des Servers
files-smaller = verkleinert, { $width } x { $height } statt { $from_width } x { $from_height }: es ist über der Grenze des Servers
files-last-of = das letzte von { $shown }; der Workflow hat { $made } gemacht
files-and = { $first }; { $second }
files-alt-of = { $prompt }, { $number } von { $count }
files-alt-sheet = Alle { $count } Bilder auf einen Blick: { $prompt }

files-kept = **Originale** schickt dir bis { $until } in voller Qualität, was hier nicht ist.
files-originals-theirs = Nur wer diesen Auftrag gegeben hat, kann seine Originale haben.
files-originals-gone = Die Originale werden nicht mehr aufbewahrt. Starte den Auftrag noch einmal, um sie neu zu machen.
files-originals-on-their-way = Sie sind schon unterwegs zu dir.
files-originals-refused = Ich darf dir nicht schreiben. Erlaube in den Privatsphäre-Einstellungen dieses Servers Direktnachrichten von Mitgliedern, und drück dann noch einmal.
files-originals-sent = { $count ->
    [one] Ich habe dir das Original als Direktnachricht geschickt.
   *[other] Ich habe dir die { $count } Originale als Direktnachricht geschickt.
}
files-originals-head = { $count ->
    [one] 🖼️ Das Original von **{ $title }**, Auftrag { $job }
   *[other] 🖼️ Die { $count } Originale von **{ $title }**, Auftrag { $job }
}
files-originals-join = `{ $name }` kommt in { $parts } Teilen, weil eine Datei hier { $most } MiB haben darf. Speichere alle in einen Ordner, und öffne dann die Datei, die auf .001 endet, mit 7-Zip, oder füg sie zusammen: `{ $unix }`, unter Windows `{ $windows }`

files-link-unknown = das ist keine Adresse, von der ich ein Bild nehmen kann. Gib den Link einer Nachricht auf Discord, die eines hat.
files-link-unknown-hosts = das ist keine Adresse, von der ich ein Bild nehmen kann. Gib den Link einer Nachricht auf Discord, die eines hat, oder eine Adresse auf { $hosts }.
files-link-other-server = diese Nachricht ist auf einem anderen Server. Gib den Link einer Nachricht von hier.
files-link-unseen = du kannst diese Nachricht nicht sehen, oder ich nicht. Gib den Link einer Nachricht, die wir beide sehen.
files-link-private = diese Nachricht ist in einem privaten Thread. Bitte häng das Bild stattdessen an.
files-link-message-gone = diese Nachricht ist weg.
files-link-not-read = Discord zeigt mir nicht, was andere dort geschrieben haben. Nimm **Run on this image** an dieser Nachricht (ihr Menü > Apps), oder häng das Bild an.
files-link-no-picture = diese Nachricht hat kein Bild.
files-link-fewer = { $count ->
    [one] diese Nachricht hat ein Bild; lass #{ $number } weg.
   *[other] diese Nachricht hat { $count } Bilder; # geht bis { $count }.
}

files-web-refused = diese Adresse darf ich nicht abrufen: { $why }
files-web-scheme = sie muss mit https:// oder http:// beginnen.
files-web-login = sie enthält eine Anmeldung. Gib sie ohne.
files-web-port = nur die üblichen Ports, 80 und 443, gehen.
files-web-host = { $host } gehört nicht zu { $hosts }.
files-web-no-hosts = { $host } ist nicht Discord.
files-web-inside = { $host } ist nicht im Internet.
files-web-redirects = sie leitet immer weiter.
files-web-answer = von dieser Adresse bekomme ich nichts: { $host } antwortet { $status }.
files-web-late = diese Adresse antwortet zu langsam. Bitte häng das Bild stattdessen an.
files-web-unreachable = { $host } ist nicht zu erreichen. Bitte häng das Bild stattdessen an.
files-web-packed = { $host } schickt die Datei gepackt. Bitte häng das Bild stattdessen an.
