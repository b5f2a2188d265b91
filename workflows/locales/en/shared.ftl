# What more than one topic says.

shared-not-known = That job is no longer known here.
shared-no-workflow = That workflow was removed from this server in the meantime.
