# The buttons under a job, and what is said when one of them is pressed.

offers-again = Again
offers-edit = Edit
offers-variations = Variations
offers-use = Use as input
offers-details = Details
offers-delete = Delete
offers-post = Post
offers-keep = Keep private
offers-originals = Originals
offers-show = Show its card here
offers-cancel = Cancel

offers-not-yours-again = Only the one who asked for it can run it again. The command itself is there for you too.
offers-not-yours-edit = Only the one who asked for it can edit it. The command itself is there for you too.
offers-not-yours-variations = Only the one who asked for it can have variations of it. The command itself is there for you too.
offers-not-over = That job is still under way. Please wait until it is over.
offers-runs-again = It runs again already. `/jobs` shows where it stands.
offers-elsewhere = A job can be run again on its own server only. Its card there has the same button.
offers-version-gone = That version of the workflow is gone. Please use { $command } anew.
offers-no-seed = That workflow draws nothing at random, so every run of it is the same. **Edit** lets you change its values.
offers-no-inputs = That workflow asks for nothing, so there is nothing to edit. **Again** runs it once more.
offers-attach-again = 🖇️ Discord keeps what you attached for a day only. Everything else is filled in; please attach { $names } again.
offers-edited = ✏️ Filled in as it was.

offers-how-many = How many variations?
offers-how-many-hint = Each has a seed of its own, and counts as a job.
offers-one-at-a-time = Only one job at a time can be run here.
