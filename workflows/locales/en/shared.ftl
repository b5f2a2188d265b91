# What more than one topic says.

shared-not-known = That job is no longer known here.
shared-no-workflow = That workflow was removed from this server in the meantime.
shared-no-such-workflow = There is no workflow `/{ $typed }` here. `/workflow list` shows what there is.
shared-more-lines = { $count ->
    [one] and 1 more line
   *[other] and { $count } more lines
}
