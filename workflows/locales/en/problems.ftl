# What a member is told when something does not end well.

problems-our-side = Something went wrong on our side. Please try again; if it stays, tell an admin of this server.
problems-no-database = I cannot write anything down at the moment, so I did nothing. Please try again later, or tell an admin.
problems-away = InvokeAI does not answer at the moment. Please try again in a while.
problems-unheard = Discord did not let my answer through. Please look whether it was done, and if not, try again.
problems-manage-server = You need the permission **Manage Server** for that.
problems-command-gone = That command was just removed from this server.
problems-command-changed = That command has just changed. Please type it again.
problems-cannot-run = This workflow cannot run at the moment: the InvokeAI behind it lacks something that it needs. Please tell an admin of this server, who sees with `/workflow show` what it is.
problems-unreachable = InvokeAI did not answer for a long time, so this job was given up. Please try again later.
problems-restarting = I am being restarted. Please try again in a moment.
problems-restarted = InvokeAI restarted twice while this job ran. Please try again later.
problems-full = InvokeAI's queue had no room for a long time, so this job was given up. Please try again later.
problems-unfetched = Discord did not give me your file for a long time, so this job was given up. Please try again later.
problems-forgotten = InvokeAI no longer knows this job: it was cleared there. Please run it again.
problems-partly-forgotten = A part of this job was cleared on InvokeAI; this is what the rest made. Please run it again.
problems-nothing-made = The workflow ran to its end but made no picture and no video. Please tell an admin of this server.
problems-refused-video = InvokeAI cannot read that video. Please attach an MP4 file with H.264 video.
problems-too-large = The results are too large for this server, however small they are made. Try a smaller size.
problems-no-files = I may not attach files here any more, nor did a direct message reach you. Ask an admin to give me **Attach Files**, then run it again.
problems-vanished = The results were deleted on InvokeAI before they could be posted. Please run it again.
problems-large-video = The video has { $has }; up to { $most } fit here. Try fewer frames or a smaller size.
problems-little-more = a little more than { $most }

# A step of the workflow.
problems-step = The step **{ $title }** failed
problems-a-step = A step failed
problems-known = { $step }. { $why }
problems-reason = { $step }: { $reason }. Try other values; if it stays, tell an admin the job number.
problems-no-reason = { $step }. Try other values; if it stays, tell an admin the job number.
problems-out-of-memory = The graphics card ran out of memory. Try a smaller size, or fewer images.
problems-missing-input = The workflow lacks a value that it needs. Please tell an admin of this server.
problems-picture-gone = A picture that it needs is not on the backend any more. Please try again.
problems-video-gone = A video that it needs is not on the backend any more. Please try again.
problems-not-saved = It could not save a picture: its disk may be full. Please tell an admin of this server.
problems-model-gone = A model that the workflow needs is not installed any more. Please tell an admin.
problems-refused-field = InvokeAI does not take **{ $field }** of the step **{ $step }** as it stands in this workflow{ $reason }. Please tell an admin.
problems-refused-step = InvokeAI does not take the step **{ $step }** as it stands in this workflow{ $reason }. Please tell an admin.

problems-too-many-runs = That would make { $count } runs at once; up to { $most } are fine here.
problems-no-backend = There is no backend **{ $name }**. There are: { $names }.
