# /help: what can be done here.

help-title = What you can do here
help-intro = Each of these makes something. Tap one, say what you want, and send it.
help-none = No workflow can be run here yet. An admin of this server publishes them.
help-none-admin = No workflow can be run here yet. { $add } publishes one.
help-none-allowed = The workflows of this server are not meant for you in this channel. Try another channel, or ask an admin.
help-paused = ⏸️ An admin of this server holds its jobs back for now: they wait until that is over.
help-pages = Page { $page } of { $pages }
help-previous = Previous
help-next = Next
help-also = Besides
help-run = { $run } opens a form with everything that a workflow asks for
help-jobs = { $jobs } your jobs · { $job } one of them, shown where you are
help-queue = { $queue } what waits · { $settings } privacy, pings, your defaults
help-cards = Under a result
help-cards-text = **{ $again }** makes another · **{ $edit }** changes the values first · **{ $variations }** makes several · **{ $use }** goes on with the picture · **{ $details }** tells everything · **{ $delete }** takes it away
help-menus = On any picture: long-press or right-click the message, **Apps**, **Run on this image**.
help-ask = Something does not work? Ask an admin of this server, and tell them the number under the card.
help-admins = For admins: { $group }
help-title-direct = What works here
help-direct = Here I show what is yours. Workflows belong to servers: on one that has me, type `/` or ask for { $help } there.
help-direct-jobs = { $jobs } your jobs, on all servers
help-direct-job = { $job } one of them, shown here
help-direct-queue = { $queue } what you have waiting
help-direct-settings = { $settings } privacy, pings, your defaults
help-guest = I am not on this server, so nothing can be run here. What is yours works all the same:
help-invite = Whoever manages a server can [add me to it]({ $link }).
