# What admins of a server are told, and what members are told of what admins did.

admin-more-lines = -# and { $count } more { $count ->
    [one] line
   *[other] lines
}
admin-jobs = { $count ->
    [one] 1 job
   *[other] { $count } jobs
}
admin-things = { $count ->
    [one] 1 thing
   *[other] { $count } things
}

## Status

admin-status-title = Status
admin-status-backends = Backends
admin-status-line = Line
admin-status-here = Under way on this server
admin-status-left = Still to be deleted
admin-status-errors = Last errors
admin-status-counts = { $running } of { $most } running, { $waiting } waiting
admin-status-nobody-waits = Nobody waits.
admin-status-waiting = { $jobs } { $count ->
    [one] waits
   *[other] wait
}; from this server: { $here }
admin-status-more-jobs = -# and { $count } more { $count ->
    [one] job
   *[other] jobs
}
admin-status-nothing-here = Nothing at the moment.
admin-status-nothing-left = Nothing.
admin-status-counted-in = -# What jobs under way still need is counted in.
admin-status-unsaid = no more is known
admin-status-private = a private run: what went wrong was told to its member alone
admin-status-paused = ⏸️ Paused by { $who } { $when }: nothing of this server gets a turn until `/admin resume`.
admin-status-paused-because = ⏸️ Paused by { $who } { $when }: { $reason }
    -# Nothing of this server gets a turn until `/admin resume`.
admin-status-blocked = 🚫 { $count ->
    [one] 1 member is
   *[other] { $count } members are
} blocked here; `/admin blocked` tells who.
admin-status-no-audit-channel = ⚠️ { $channel } is gone, or I may not write there any more, so admins' actions are told nowhere now. `/admin settings` takes another channel.

admin-state-leaving = not in the settings any more
admin-state-drained = draining, gets nothing new
admin-state-down = set aside, does not answer
admin-state-paused = its queue is paused

admin-backend-stands = { $sign } { $name }: { $words }.
admin-backend-takes-jobs = takes jobs
admin-backend-ends = It ends what it has: { $jobs }.
admin-backend-rests = Nothing runs there.
admin-backend-none = No backend takes jobs at the moment: what is asked for waits until one does.
admin-backend-owner = All servers share the backends, so only whoever runs this bot can do that. Please ask them.

## Limits

admin-limits-title = Limits
admin-limits-footer = Bold is set for the role, the rest is as for everyone. Of several roles the most of each counts.
admin-limits-less = -# What is less than everyone has does not count.
admin-limits-ordinary = ordinary turns
admin-limits-turns = { $weight } turns where others have one
admin-limits-running = { $count } running at a time
admin-limits-any-running = any number running at a time
admin-limits-waiting = { $count } under way at a time
admin-limits-any-time = any time of InvokeAI
admin-limits-minutes = { $minutes } min of InvokeAI in 24 hours
admin-limits-everyone = Everyone
admin-limits-deleted-role = A deleted role (`{ $role }`)
admin-limits-which-role = Please say for which **role** that is to be; `@everyone` is one, too.

## Pause

admin-paused = ⏸️ This server's jobs are paused. New ones are still taken into the line, what runs now is finished first, and nothing else gets a turn until `/admin resume`.{ $waiting ->
    [0] {""}
    [one] {" "}1 job waits.
   *[other] {" "}{ $waiting } jobs wait.
}
admin-paused-anew = ⏸️ This server's jobs were paused already. The reason is a new one now.
admin-resumed = ▶️ This server's jobs get turns again.{ $waiting ->
    [0] {""}
    [one] {" "}1 job waits.
   *[other] {" "}{ $waiting } jobs wait.
}
admin-was-not-paused = This server's jobs are not paused.

## Blocks

admin-you-are-blocked = An admin of this server keeps you from running things here. Please talk to them if you think that is a mistake.
admin-you-are-blocked-because = An admin of this server keeps you from running things here. They say: { $reason }
admin-blocked = 🚫 { $who } may run nothing here any more.{ $cancelled ->
    [0] {""}
    [one] {" "}1 job of theirs is cancelled.
   *[other] {" "}{ $cancelled } jobs of theirs are cancelled.
}
admin-blocked-anew = 🚫 { $who } was blocked already. The reason is a new one now.{ $cancelled ->
    [0] {""}
    [one] {" "}1 job of theirs is cancelled.
   *[other] {" "}{ $cancelled } jobs of theirs are cancelled.
}
admin-unblocked = ✅ { $who } may run things here again.
admin-block-yourself = You cannot block yourself.
admin-block-manager = { $who } has **Manage Server**, and whoever has that cannot be blocked.
admin-block-bot = { $who } is a bot, and bots run nothing here anyway.
admin-not-blocked = That member is not blocked here. `/admin blocked` tells who is.
admin-nobody-blocked = Nobody is blocked here.
admin-blocked-title = Blocked here
admin-blocked-line = { $who } · { $when } by { $by }

## Cancel

admin-cancel-what = Please say what to cancel: one **job**, all of a **member**, or **everything** of this server; one of the three.
admin-cancel-no-job = There is no unfinished job `{ $job }` on this server.
admin-cancel-nothing = There is nothing to cancel.
admin-cancel-told = 🛑 { $count ->
    [one] 1 job is
   *[other] { $count } jobs are
} being cancelled.
admin-cancel-of = 🛑 { $count ->
    [one] 1 job
   *[other] { $count } jobs
} of { $who } { $count ->
    [one] is
   *[other] are
} being cancelled.
admin-cancel-restarting = I am being restarted, and do it as soon as I am back.
admin-cancel-sure = { $count ->
    [one] This server has one unfinished job. Cancel it?
   *[other] Cancel all { $count } unfinished jobs of this server, whoever asked for them?
}
admin-cancel-yes = Cancel all
admin-cancel-no = Keep them
admin-cancel-kept = Nothing was cancelled.

## Usage

admin-usage-title = { $by ->
    [member] Usage by member
    [workflow] Usage by workflow
   *[day] Usage by day
}
admin-usage-days = { $days ->
    [one] Today (UTC)
   *[other] The last { $days } days (UTC)
}
admin-usage-none = Nothing was run here in that time.
admin-usage-total = { $when }: **{ $jobs }**, **{ $time }** of InvokeAI · { $outcomes }
admin-usage-line = { $name } · { $jobs } · { $time } · { $outcomes }
admin-usage-note = { $jobs } · { $time }
admin-usage-legend = ✅ completed · ❌ failed · 🛑 cancelled · ❔ lost · ⏳ under way. The file has all of them.
admin-usage-seconds = { $n } s
admin-usage-minutes = { $n } min
admin-usage-hours = { $n } h
admin-usage-chart = { $by ->
    [member] InvokeAI's time by member
    [workflow] InvokeAI's time by workflow
   *[day] InvokeAI's time by day
}, { $unit ->
    [seconds] in seconds
    [minutes] in minutes
   *[hours] in hours
}
admin-usage-alt = A bar chart: { $title }. { $most }
admin-usage-alt-most = The most: { $name }, { $time }.

## Audit

admin-audit-title = Audit
admin-audit-none = No admin has done anything here yet.
admin-audit-no-more = There is nothing older.
admin-audit-older = Older
admin-audit-newest = Newest
admin-audit-line = { $when } · { $who } { $what }
admin-audit-posted = { $who } { $what }
admin-act = { $action ->
    [published] published { $subject }
    [updated] published a new version of { $subject }
    [rolled_back] brought an earlier version of { $subject } back
    [enabled] switched { $subject } on
    [disabled] switched { $subject } off
    [removed] removed { $subject }
    [copied] copied { $subject } to another server
    [policy] changed the policy of { $subject }
    [word_rule] changed the word rules: { $subject }
    [limits] changed the limits of { $subject }
    [choices] changed the settings
    [backend] changed the backend { $subject }
    [paused] paused this server's jobs
    [resumed] let this server's jobs go on
    [blocked] blocked { $subject }
    [unblocked] unblocked { $subject }
    [cancelled] cancelled { $subject }
    [deleted] deleted results: { $subject }
   *[other] did something: { $action } { $subject }
}
admin-act-gone-roles = roles that were deleted
admin-act-everything = everything of this server

## Settings

admin-settings-title = Settings of this server
admin-settings-changed = Saved.
admin-settings-hint = To change something, give this command its option, such as language.
admin-settings-previews = **Previews** { $on ->
    [yes] on: cards show the picture while it is made
   *[no] off
}
admin-settings-names = **Names in /queue** { $on ->
    [yes] shown to everyone
   *[no] for moderators only
}
admin-settings-audit = **Audit channel** { $channel }
admin-settings-no-audit = **Audit channel** none; `/admin audit` has it all
admin-settings-language = **Language of cards** { $language ->
    [auto] as Discord says of this server
   *[other] { $name }
}
admin-settings-spoilers = **Covered results** in { $channels }
admin-settings-no-spoilers = **Covered results** in no channel
admin-settings-cannot-write = I may not write in { $channel }. Please give me { $needed } there first.
admin-settings-contradiction = Please choose an audit channel or switch it off, not both.
admin-settings-no-spoiler-channel = { $channel } is not one of the channels where results are covered.
admin-settings-too-many = Results can be covered in up to { $most } channels.
