# What a card says once its job is over, and how its end gets to whoever asked.

outcome-cancelled = 🛑 Cancelled.
outcome-failed = ❌ { $problem }
outcome-no-files = The results could not be posted.
outcome-seed = **seed** { $seeds }
outcome-file-note = { $file }: { $note }
outcome-more-notes = and { $count ->
    [one] 1 more note
   *[other] { $count } more notes
}

outcome-seconds = { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } s
outcome-minutes = { $minutes } min { $seconds } s
outcome-hours = { $hours } h { $minutes } min

# At the top of a direct message.
outcome-direct-deleted = 📬 The channel [where you asked]({ $link }) was deleted, so here { $files ->
    [yes] are the results
   *[no] is how it ended
}.
outcome-direct-forbidden = 📬 I cannot post [where you asked]({ $link }) any more, so here { $files ->
    [yes] are the results
   *[no] is how it ended
}.
outcome-direct-private = 📬 You asked for this privately in { $channel }; here { $files ->
    [yes] are the results
   *[no] is how it ended
}.
outcome-direct-again = 🔁 On the server, `/job { $job }` offers it again.

# On a card that is told elsewhere.
outcome-elsewhere-files = 📬 I cannot post files here any more, so the results went to { $user } by direct message.
outcome-elsewhere-words = 📬 I may not write here any more, so { $user } was told by direct message.
outcome-elsewhere-private = 📬 { $files ->
    [yes] The results went to you by direct message.
   *[no] You were told by direct message.
}

# A private card, before Discord ends it.
outcome-rest-direct = 📬 Discord ends this private card soon. The rest comes to you by direct message.
outcome-rest-long = Discord shows a private card for a quarter of an hour. What takes longer comes by direct message.
outcome-rest-nowhere = 📭 Discord ends this private card soon, and you take no direct messages from me. Allow them from members of this server, or have it shown anew with `/job { $job }`.
outcome-private-goes-on = ⏳ Your private job **{ $title }** goes on; what it makes comes here.
    -# job `{ $job }`

outcome-moved = ➡️ This job goes on [over there]({ $link }).
outcome-moved-private = ➡️ This job goes on in a private answer.

outcome-ping = { $user } your job is done.
outcome-ping-failed = { $user } your job did not work out.
outcome-done = ✅ Your job **{ $title }** is done: { $where }
    -# job `{ $job }`
outcome-not-done = ❌ Your job **{ $title }** did not work out: { $where }
    -# job `{ $job }`

outcome-cancel-not-yours = Only the one who asked for it, or someone with **Manage Messages**, can cancel this.
outcome-cancel-over = That job is over already.
outcome-cancel-restarting = 🛑 I am being restarted, and cancel it as soon as I am back.
outcome-cancelling = 🛑 Cancelling …
