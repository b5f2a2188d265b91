# /jobs and /job: lists of jobs, one job, and showing it somewhere else.

jobs-title = Your jobs
jobs-none = You have not run anything here yet. `/help` shows what there is.
jobs-none-direct = You have not run anything yet. On a server that has me, type `/` to see what there is.
jobs-none-of-these = None of your jobs is among these. Choose another filter below.
jobs-pages = { $first }–{ $last } of { $count }
jobs-everywhere = from all servers
jobs-of-workflow = Only { $workflow }
jobs-previous = Previous
jobs-next = Next
jobs-show-all = All
jobs-show-open = Waiting and running
jobs-show-done = Done
jobs-show-failed = Failed or cancelled
jobs-show = Show which?
jobs-not-yours = That list is somebody else's. `/jobs` shows yours.
jobs-unknown = There is no such job of yours here. `/jobs` lists what there is.
jobs-no-workflow = None of your jobs here ran a workflow called “{ $typed }”. Pick one of those that appear as you type.

# Where a job stands, in a list.
jobs-uploading = uploading
jobs-waiting = waiting
jobs-running = running
jobs-starting = About to start …
jobs-place = Waiting, **{ $place } in line**
jobs-starts = { $place } · starts { $when }
jobs-said = “{ $prompt }”
jobs-direct = by direct message
jobs-unposted = could not be posted
jobs-were-deleted = deleted
jobs-no-answer = 🔌 InvokeAI does not answer at the moment
jobs-paused = ⏸️ InvokeAI's queue is paused at the moment

# One job.
jobs-asked = Asked { $when }
jobs-asked-by = Asked { $when } by { $who }
jobs-kept = { $trouble }. The job is kept.
jobs-cancelling = 🛑 Cancelling …
jobs-uploading-now = 📤 Uploading …
jobs-running-since = 🎨 Running, started { $when }
jobs-about-to-start = ⏳ About to start …
jobs-done = ✅ Done { $when }, after { $took }.
jobs-cancelled = 🛑 Cancelled { $when }, after { $took }.
jobs-ended-private = { $sign } Ended { $when }, after { $took }.
jobs-ended = { $sign } Ended { $when }, after { $took }: { $problem }
jobs-deleted = Its results were deleted.
jobs-never-posted = Its card could not be posted, so it was not run.
jobs-told-directly = It was told by direct message, as I could not post it where it was asked.
jobs-card = Its card is [here]({ $link }).
jobs-card-private = Its card is private: only you see it.
jobs-card-not-yours = Its card is private: only the one who asked for it sees it.
jobs-card-deleted = Somebody deleted its card, so its end was not posted.
jobs-channel-deleted = It could not be told: its channel was deleted, and a direct message did not get through either. Run it again in another channel.
jobs-forbidden = It could not be told: I may not write in { $channel } any more, and a direct message did not get through either. Run it again once I may write there, or once you take direct messages from this server.
jobs-untold = Its end could not be posted.

# Show here.
jobs-show-not-yours = Only the one who asked for it can show it somewhere else.
jobs-show-you-may-not = You may not post here: you would need { $permissions } in this channel.
jobs-show-guest = I am no member here and could not keep the card up to date. Show it where I am a member, or in our direct messages.
jobs-gone = The pictures are gone: the messages that held them were deleted, or I cannot read them any more.
jobs-gone-private = The pictures were shown to you alone, and Discord keeps no way back to them.
jobs-too-large = { $count ->
    [one] One file is too large for this place; it is [where it was posted first]({ $link }).
   *[other] { $count } files are too large for this place; they are [where they were posted first]({ $link }).
}
jobs-some-gone = { $count ->
    [one] One file could not be fetched again.
   *[other] { $count } files could not be fetched again.
}
jobs-permission-send = **Send Messages**
jobs-permission-threads = **Send Messages in Threads**
jobs-permission-files = **Attach Files**
jobs-permissions = { $one } and { $other }
jobs-show-age = Its workflow is for age-restricted channels only. Show it in one of those, or in our direct messages.
jobs-show-where = Its workflow is not meant for this channel. Show it in another one, or in our direct messages.
jobs-show-ending = It has just ended, and its results are being posted. Please try again in a moment.
jobs-left-out = { $count ->
    [one] One more file does not fit here; it is [where it was posted first]({ $link }).
   *[other] { $count } more files do not fit here; they are [where they were posted first]({ $link }).
}
jobs-held-back = ⏸️ An admin of its server holds its jobs back for now
