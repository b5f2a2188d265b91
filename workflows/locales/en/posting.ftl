# Results that are posted after all, kept private, or deleted.

posting-delete-ask = Delete the results of **{ $title }**, for everyone and for good?
posting-delete-yes = Yes, delete them
posting-delete-no = No, keep them
posting-delete-left = Nothing was deleted.
posting-delete-not-yours = Only the one who asked for it, or someone with **Manage Messages**, can delete this.
posting-delete-runs = That job is still under way. Please cancel it first, or wait until it is over.
posting-delete-gone = Its messages are deleted already.
posting-deleted = 🗑️ Deleted, with all files.
posting-left = { $count ->
    [one] 🗑️ All but one message is deleted. I cannot reach this one any more; someone with **Manage Messages** can delete it: { $links }
   *[other] 🗑️ { $count } messages could not be deleted, as I cannot reach them any more. Someone with **Manage Messages** can delete them: { $links }
}
posting-left-private = 🗑️ Deleted, but for further messages that only you see. I cannot reach those any more: **Dismiss message** takes them away.

posting-not-yours = Only the one who asked for it can do that.
posting-not-done = There are no results to post.
posting-is-posted = It is posted already: { $link }
posting-private-only = On this server, results of that workflow are private.
posting-not-there = On that server, the workflow is not meant for { $channel }, or not for you.
posting-member-may-not = You may not post files in { $channel }, so I do not post them for you there.
posting-bot-may-not = I may not post files in { $channel }. Please ask an admin to give me **View Channel**, **Send Messages**, **Attach Files** and **Embed Links** there.
posting-no-channel = I cannot tell in which channel to post it. On the server, use `/job` with `{ $job }` in the channel that shall have it.
posting-no-member = You are not on that server any more.
posting-files-gone = The files are gone from Discord. **Again** makes them anew.
posting-refused = Discord did not take it: I may not post in { $channel } any more. Nothing was posted.
posting-too-large = The files are too large for { $channel }. Nothing was posted.
posting-later = Discord does not answer at the moment. Please press it again in a while; nothing is posted twice.
posting-cut = { $count ->
    [one] Discord did not take one further file.
   *[other] Discord did not take { $count } further files.
}
posting-done = 📣 Posted: { $link }
posting-left-out = { $count ->
    [one] One further file is not among them: only you see its message, and I cannot read that any more.
   *[other] { $count } further files are not among them: only you see their messages, and I cannot read those any more.
}
posting-kept = 🔒 It stays between us. Discord forgets this message once you dismiss it or start the app anew, so save what you want to keep.
posting-kept-direct = 🔒 It stays between us, here in our direct messages. `/job` with `{ $job }` still knows the job.
