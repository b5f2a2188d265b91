# /settings: what a member chose for themselves.

settings-title = Your settings
settings-intro = They hold for you, on every server. Press a button to switch one.
settings-private = 🔒 Private by default
settings-why-private = Only you see the cards of your jobs; each can be posted afterwards.
settings-spoiler = 🫣 Spoiler
settings-why-spoiler = Your results are covered until somebody clicks on them.
settings-previews = 👁️ Previews
settings-why-previews = The card shows what is there so far while your job runs.
settings-ping = 🔔 Ping when done
settings-why-ping = When a job that took longer than { $seconds } s is over, I mention you in its channel, unless it is private.
settings-direct = 📬 Direct message when done
settings-why-direct = When a job that took longer than { $seconds } s is over, I write to you directly, with the way to the card.
settings-line = { $name }: **{ $state ->
    [on] on
   *[off] off
}**
settings-button = { $name }: { $state ->
    [on] on
   *[off] off
}
settings-defaults = Your own defaults
settings-defaults-none = None yet. Open a workflow's form with `/run`, fill it in and press **My defaults**: it begins with those values from then on.
settings-defaults-some = They are what a workflow takes where you give nothing else. **My defaults** on a workflow's form, which `/run` opens, sets them.
settings-defaults-pick = See the defaults of …
settings-defaults-of = Your defaults for { $workflow }
settings-defaults-more = Only the first { $count } are listed.
settings-forget = Forget these
settings-forgotten = Forgotten: { $workflow } takes its own defaults again.
settings-forgotten-before = There were none left to forget.
settings-back = Back
settings-removed = That workflow was removed; its defaults went with it.
settings-not-yours = Those are somebody else's settings. `/settings` shows yours.
