# Files: what members give, and how results arrive.

files-damaged = that picture is damaged or cut short. Please attach a PNG, JPEG or WebP.
files-no-picture = that file is not a picture that can be read. Please attach a PNG, JPEG or WebP.
files-too-many-pixels = that picture has { $width } x { $height } pixels; up to { $most } million are fine. Please make it smaller.
files-heic = that is an HEIC photo, as iPhones take them, and InvokeAI cannot read those. Send it as a JPEG: a screenshot of it will do, and under **Settings > Camera > Formats > Most Compatible** the iPhone takes JPEGs from then on.
files-avif = that is an AVIF picture of a kind that cannot be read here. Please save it as a PNG, JPEG or WebP.
files-svg = that is an SVG drawing, which has no pixels. Please export it as a PNG.
files-pdf = that is a PDF. Please attach the page as a PNG or JPEG; a screenshot will do.
files-video = that is a video, and a picture is wanted here. Please attach a PNG, JPEG or WebP.
files-page = that is a web page. Please give the picture itself, as a PNG, JPEG or WebP.
files-no-video = that file is not a video that can be read. Please attach an MP4.
files-first-frame = **{ $name }** is animated; its first frame was used.
files-first-page = **{ $name }** has several pages; the first one was used.
files-gone = that file is no longer there. Please attach it again.
files-too-large = that file is too large; up to { $most } MiB are fine.
files-unreadable = { $path } cannot be read: { $reason }.
files-elsewhere = that file is not on Discord. Please attach it.

files-lossless = lossless WebP: the PNG is over the server's limit
files-lossy = WebP at quality { $quality }: the PNG is over the server's limit
files-smaller = made smaller, { $width } x { $height } instead of { $from_width } x { $from_height }: it is over the server's limit
files-last-of = the last of { $shown }; the workflow made { $made }
files-and = { $first }; { $second }
files-alt-of = { $prompt }, { $number } of { $count }
files-alt-sheet = All { $count } pictures at a glance: { $prompt }

files-kept = **Originals** sends you in full quality what is not here, until { $until }.
files-originals-theirs = Only the one who asked for this job can have its originals.
files-originals-gone = The originals are no longer kept. Run it again to make them anew.
files-originals-on-their-way = They are on their way to you already.
files-originals-refused = I may not write to you. Allow direct messages from this server's members in its privacy settings, then press it again.
files-originals-sent = { $count ->
    [one] I sent you the original by direct message.
   *[other] I sent you the { $count } originals by direct message.
}
files-originals-head = { $count ->
    [one] 🖼️ The original of **{ $title }**, job { $job }
   *[other] 🖼️ The { $count } originals of **{ $title }**, job { $job }
}
files-originals-join = `{ $name }` comes in { $parts } parts, as one file may have { $most } MiB here. Save all into one folder, then open the one that ends in .001 with 7-Zip, or join them: `{ $unix }`, on Windows `{ $windows }`

files-link-unknown = that is no address that I can take a picture from. Give the link of a message on Discord that has one.
files-link-unknown-hosts = that is no address that I can take a picture from. Give the link of a message on Discord that has one, or an address on { $hosts }.
files-link-other-server = that message is on another server. Give the link of one here.
files-link-unseen = you cannot see that message, or I cannot. Give the link of one that we both can.
files-link-private = that message is in a private thread. Please attach the picture instead.
files-link-message-gone = that message is gone.
files-link-not-read = Discord does not show me what others wrote there. Use **Run on this image** on that message (its menu > Apps), or attach the picture.
files-link-no-picture = that message has no picture.
files-link-fewer = { $count ->
    [one] that message has one picture; leave #{ $number } out.
   *[other] that message has { $count } pictures; # goes up to { $count }.
}

files-web-refused = I may not fetch that address: { $why }
files-web-scheme = it has to begin with https:// or http://.
files-web-login = it holds a login. Give it without one.
files-web-port = only the usual ports, 80 and 443, are fine.
files-web-host = { $host } is none of { $hosts }.
files-web-no-hosts = { $host } is not Discord's.
files-web-inside = { $host } is not on the internet.
files-web-redirects = it leads on and on.
files-web-answer = I get nothing from that address: { $host } answers { $status }.
files-web-late = that address takes too long to answer. Please attach the picture instead.
files-web-unreachable = { $host } cannot be reached. Please attach the picture instead.
files-web-packed = { $host } sends the file packed. Please attach the picture instead.
