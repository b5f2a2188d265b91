# /queue: what runs and waits on a server.

queue-title = What runs and waits here
queue-title-own = Your jobs in the line
queue-running = **Running**
queue-waiting = **Waiting**
queue-empty = Nothing runs or waits here at the moment.
queue-empty-own = None of your jobs runs or waits at the moment.
queue-others = { $count ->
    [one] One job of other servers is in the line, too.
   *[other] { $count } jobs of other servers are in the line, too.
}
queue-others-own = { $count ->
    [one] One job of somebody else is in the line, too.
   *[other] { $count } jobs of others are in the line, too.
}
queue-more = { $count ->
    [one] and 1 more
   *[other] and { $count } more
}
queue-private = a private job
queue-you = you
queue-since = started { $when }
queue-starts = starts { $when }
queue-next = about to start
queue-uploading = uploading
queue-stopping = being cancelled
queue-paused = ⏸️ An admin of this server holds its jobs back for now. They keep their places.
queue-paused-why = ⏸️ An admin of this server holds its jobs back for now: { $reason }. They keep their places.
queue-no-backend = 🔌 No InvokeAI takes jobs at the moment. They are kept, and go on once one does.
queue-refresh = Refresh
queue-not-here = I am not on this server, so there is no line to show. Here is what you have under way elsewhere.
