# All that is known of a job, behind the button Details.

details-not-yours = The details are for the one who asked for it, and for this server's moderators.
details-version = Version { $version } of the workflow
details-asked-by = Asked for by { $user }
details-backend = On **{ $backend }**, InvokeAI { $version }
details-asked = Asked { $at }
details-waited = Waited { $took }
details-worked = Worked on for { $took }
details-attempts = Begun { $count } times, as InvokeAI restarted or went away
details-ended = Ended { $at }
details-delivered = Delivered { $at }
details-models = Models
details-values = Values
details-no-values = It asks for nothing.
details-version-gone = That version of the workflow is gone; these are the values as they were kept.
details-cut = ({ $count } characters; all of them are in the file)
details-more = and { $count ->
    [one] 1 more line; it is in the file
   *[other] { $count } more lines; they are in the file
}
details-proof = What it left on InvokeAI
details-kind = { $kind ->
    [upload] { $count ->
        [one] 1 picture that was given
       *[other] { $count } pictures that were given
    }
    [output] { $count ->
        [one] 1 result
       *[other] { $count } results
    }
    [intermediate] { $count ->
        [one] 1 intermediate picture
       *[other] { $count } intermediate pictures
    }
    [video_upload] { $count ->
        [one] 1 video that was given
       *[other] { $count } videos that were given
    }
    [video_output] { $count ->
        [one] 1 video
       *[other] { $count } videos
    }
    [video_intermediate] { $count ->
        [one] 1 intermediate video
       *[other] { $count } intermediate videos
    }
    [item] { $count ->
        [one] 1 entry of the queue
       *[other] { $count } entries of the queue
    }
   *[unanswered] { $count ->
        [one] 1 call without an answer, looked after
       *[other] { $count } calls without an answer, looked after
    }
}
details-deleted = ✅ { $what } · deleted { $at }
details-left = ⏳ { $what } · { $count } still to be deleted
details-nothing = Nothing was ever put there.
details-clean = InvokeAI confirmed each deletion. Nothing of it has been left there since { $at }.
