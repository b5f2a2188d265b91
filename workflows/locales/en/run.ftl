# Running a workflow: what is said before its card is there, and the forms.

run-needs-server = Workflows belong to a server, and cannot be run here. Please use me on a server that has me as a member.
run-no-permission = I may not post results here. Please ask an admin to give me { $needed } in this channel.
run-no-card = Discord did not take their cards. Please try those again.
run-some-let-in = { $started ->
    [one] One of { $wanted } jobs is under way. The others are not: { $why }
   *[other] { $started } of { $wanted } jobs are under way. The others are not: { $why }
  }
run-off = `/{ $name }` is switched off at the moment.
run-too-many = The choices in braces make { $count } jobs; up to { $most } are fine at a time. Please give fewer, or write `\{"{"}` for a brace that means nothing.

run-attach-picture = is needed. Please attach a picture, or name one by `from_job` or `from_url`.
run-attach-video = is needed. Please attach a video.
run-attach-more = needs at least { $least } { $what ->
    [video] videos
   *[picture] pictures
  }, not { $count }.
run-not-a = takes { $what ->
    [video] a video
   *[picture] a picture
  }, which “{ $file }” is not.

# A picture that is named in place of being attached.
run-all-attached = every picture is attached already. Please leave one of them out, or this.
run-no-such-job = there is no such job of yours here. Please pick one of those that appear as you type.
run-made-nothing = that job made nothing. Please pick one of those that appear as you type.
run-results-gone = the pictures of that job are not there any more. Please attach one, or pick another job.
run-no-such-picture = { $count ->
    [one] that job has one picture.
   *[other] that job has { $count } pictures; please give one of them.
  }

# Many jobs by one command.
run-ask = The choices in braces make **{ $count } jobs**. Each counts as one of yours. Shall they all run?
run-ask-all = Run all { $count }
run-ask-not = Not now
run-ask-left = All right, nothing was run.
run-ask-gone = That question is gone: it was answered, or is older than a day. Please use the command anew.
run-ask-changed = The workflow was changed in the meantime. Please use { $command } anew.

# The form.
run-saved-defaults = 📌 Saved as your defaults: { $names }. `/settings` shows them and clears them.
run-saved-nothing = There is nothing to save yet: files are gone in a day, and seeds are there to be drawn.
run-my-defaults = My defaults

run-none-yet = This server has no workflow to run yet.
run-unknown = There is no workflow “{ $typed }” here. Pick one of those that appear as you type.
run-unknown-near = There is no workflow “{ $typed }” here. Did you mean { $alike }?

run-form-run = Run
run-form-fill = Fill in
run-form-reset = Reset
run-form-detach = Detach files
run-form-close = Close
run-form-closed = Closed. `/run` opens a new one.
run-form-nothing = It asks for nothing. Press **Run**.
run-form-needed = ❗ Still needed
run-form-wrong = ⚠️ Please correct
run-form-required = (required)
run-form-more = { $names } and { $count } more
run-form-open = Stays open after a run, so that you can change a value and run it again.
run-form-last = 🕘 Filled in as you had it last time.
run-form-changed = 🔁 The workflow was changed in the meantime. Please look at the values before you press **Run**.
run-form-gone = That form is gone: it was closed, or is older than a day. `/run` opens a new one.
run-form-others = That form is somebody else's. `/run` opens one of your own.
run-form-none-attached = none attached
run-form-not-set = not set
run-form-random = random
run-form-empty = empty
run-form-there-are = { $problem } There are: { $names }.
run-form-choice-gone = that choice is not there any more. Please pick again.
run-form-near = has no “{ $typed }”. Did you mean { $alike }?
run-form-none-such = has no “{ $typed }”. There are: { $names }.
run-file-missing = 🖼️ **{ $name }** is needed. Attach it with **Fill in**, then press **Run**.

# What Discord calls permissions.
run-permission-view_channel = View Channel
run-permission-send_messages = Send Messages
run-permission-attach_files = Attach Files
run-permission-embed_links = Embed Links
run-permission-send_messages_in_threads = Send Messages in Threads
