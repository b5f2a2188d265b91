# Who may run a workflow, where, how often and with what.

# To members who may not.
policy-not-you = This server keeps that workflow for some of its members. An admin can let you use it too.
policy-not-here = That workflow is not meant for this channel. Please try it in another one.
policy-elsewhere = That workflow is only for some members or channels of its server. Please run it there.
policy-age = That workflow runs in age-restricted channels only. Please use it in one.
policy-untold = Discord does not say right now who may use `/{ $slug }`. Please try again in a moment.
policy-command-not-here = `/{ $slug }` is not meant for this channel. Please try it in another one.
policy-command-not-you = This server keeps `/{ $slug }` for some of its members. An admin can let you use it too.

# Behind the name of an input.
policy-too-low = must be at least { $least } for you on this server.
policy-too-high = may be at most { $most } for you on this server.
policy-too-long = may be at most { $most } characters long for you on this server.
policy-words-broken = that holds something that this server does not allow. Please say it in other words.
policy-words-rule = that holds something that this server does not allow: the rule `{ $rule }` of `/workflow words`.
policy-words-unchecked = that could not be checked against this server's rules in time. Please try again, or write a shorter text.

# /workflow words
policy-words-title = Word rules
policy-words-empty = Members may write what they like. To change that, give this command an option: `add` takes a word, or several in a row; `pattern` takes a regular expression.
policy-words-hint = { $count } of { $most } rules. They hold for every text that members give, whoever they are.
policy-words-is-pattern = pattern
policy-words-added = ✅ Added `{ $rule }`. Members may not write that any more.
policy-words-removed = 🗑️ Removed `{ $rule }`.
policy-words-unknown = There is no such rule here. Pick one of those that appear as you type.
policy-words-one = Please give one thing at a time: `add`, `pattern` or `remove`.
policy-words-known = That rule is there already.
policy-words-full = This server has { $most } word rules, which is as many as it may have. Remove one first.
policy-words-long = That rule is too long: at most { $most } characters.
policy-words-none = That rule has nothing in it that could be found.
policy-pattern-wrong = That pattern cannot be read: { $why }
policy-pattern-empty = That pattern fits an empty text, so it would refuse everything.
policy-pattern-slow = That pattern takes too long with some texts. Please write it with fewer repetitions within repetitions.

# /workflow policy: what it says.
policy-title = Policy of /{ $slug }
policy-hint = Whoever has Manage Server is free of Who and Where, but not of the rest. What is set in Server Settings > Integrations applies as well.
policy-who = Who
policy-who-all = Everyone
policy-where = Where
policy-where-all = In every channel
policy-only = Only { $list }
policy-not = Not { $list }
policy-and-more = { $list } and { $count } more
policy-often = How often
policy-often-any = As often as the server's limits allow
policy-cap-running = { $count } running at a time
policy-cap-waiting = { $count } under way at a time
policy-cap-cooldown = { $time } from one run to the next
policy-cap-daily = { $count ->
    [one] once in 24 hours
   *[other] { $count } runs in 24 hours
}
policy-bounds = Values
policy-bounds-none = As the workflow takes them
policy-bounds-left = { $count ->
    [one] … and one role more
   *[other] … and { $count } roles more
}
policy-bound-between = { $least } to { $most }
policy-bound-least = at least { $least }
policy-bound-most = at most { $most }
policy-bound-long = up to { $most } characters
policy-results = Results
policy-results-any = As each member chooses
policy-result-spoiler = covered until somebody clicks on them
policy-result-age = in age-restricted channels only
policy-result-private = private, for whoever ran it

# /workflow policy: its menus and buttons.
policy-menus-allowed = The menus below: who **may** run it, and where.
policy-menus-denied = The menus below: who may **not** run it, and where not.
policy-roles-allowed = Roles that may run it
policy-roles-denied = Roles that may not run it
policy-channels-allowed = Channels where it may be run
policy-channels-denied = Channels where it may not be run
policy-members-allowed = Members who may run it
policy-members-denied = Members who may not run it
policy-choose-denied = Choose who may not …
policy-choose-allowed = Choose who may …
policy-caps-button = How often …
policy-bounds-button = Values …
policy-spoiler-button = Covered
policy-age-button = Age-restricted only
policy-private-button = Private only
policy-clear-button = Clear
policy-back-button = Back
policy-everyone-button = For everyone
policy-unbound-button = Clear for this role
policy-bounds-title = Values for /{ $slug }
policy-bounds-of = What may members with { $role } give? Choose an input.
policy-bounds-hint = A member can have several roles, and @everyone is one of them. Of the bounds set for these, the widest count.
policy-bounds-nothing = This workflow asks for neither numbers nor texts.
policy-bounds-role = Whose values?
policy-bounds-input = Choose an input (📏 has bounds)
policy-no-input = That input is not there any more.

# /workflow policy: its forms.
policy-form-caps = How often one member may run it
policy-form-running = Running at a time
policy-form-running-hint = Jobs of one member that a backend has; empty: as the server's limits say
policy-form-waiting = Under way at a time
policy-form-waiting-hint = Waiting ones and running ones of one member; empty: as the server's limits say
policy-form-cooldown = From one run to the next
policy-form-cooldown-hint = Like 30 s, 5 min or 2 h; empty: no break
policy-form-daily = Runs in 24 hours
policy-form-daily-hint = Those that failed do not count; empty: any number
policy-form-bound = Bounds of { $name }
policy-form-lowest = Lowest
policy-form-highest = Highest
policy-form-longest = Longest, in characters
policy-form-takes = Empty: no bound. The input takes: { $takes }
policy-bad-count = **{ $what }** takes a whole number from 1 to { $most }, or nothing.
policy-bad-time = **From one run to the next** takes a time such as 30 s, 5 min or 2 h, up to { $days } days.
policy-bad-number = **{ $what }** takes a number, or nothing.
policy-bad-bounds = The lowest value is above the highest.
