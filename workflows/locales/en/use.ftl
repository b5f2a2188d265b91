# A picture that somebody wants to go on with: the button Use as input, and the menus Run on this image and Run on avatar.

use-which = Which workflow shall get this picture?
use-which-of = Choose one of these { $count } pictures, then the workflow that shall get it.
use-picture = Picture
use-workflow = Workflow
use-more = More workflows
use-page = Workflows { $first } to { $last } of { $count }. You can also type any of them in `/run`.
use-first-pictures = These are the first { $count }; there are more.
use-too-large = { $count ->
    [one] One picture is left out, as it is over { $limit } MiB.
   *[other] { $count } pictures are left out, as they are over { $limit } MiB.
}
use-no-picture = There is no picture on that message that I can use. What a link shows does not count: save it, and post it.
use-only-too-large = That picture is too large; up to { $limit } MiB are fine.
use-no-results = The pictures of that job are gone: its messages were deleted, or I may not read them any more.
use-nothing = No workflow of this server takes a picture, or none that you may run here.
use-servers-only = Workflows belong to servers. Please do this on a server that has me and some of them.
use-in-direct = Workflows belong to servers, so I cannot start one from here. On the server where you asked, use **Run on this image**, or `/job` with `{ $job }`.
use-picture-gone = That picture is gone: its message was deleted, or its address is older than a day.
use-takes-none = That workflow takes no picture any more. Please choose another one.
