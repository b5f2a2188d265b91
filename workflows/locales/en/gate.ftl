# Before the line: what a member may have under way, and when there is room again.

gate-jobs = { $count ->
    [one] one job
   *[other] { $count } jobs
}
gate-now = any moment now

gate-user = { $count ->
    [one] You have one job under way, which is as many as you may have. You can also cancel it.
   *[other] You have { $count } jobs under way, which is as many as you may have. You can also cancel one.
}
gate-user-until = { $count ->
    [one] You have one job under way, which is as many as you may have. It should be done { $when }. You can also cancel it.
   *[other] You have { $count } jobs under way, which is as many as you may have. The first of them should be done { $when }. You can also cancel one.
}
gate-guild = This server has { $jobs } under way, which is as many as it may have. Please try again in a while.
gate-guild-until = { $count ->
    [one] This server has one job under way, which is as many as it may have. It should be done { $when }. Please try again then.
   *[other] This server has { $count } jobs under way, which is as many as it may have. The first of them should be done { $when }. Please try again then.
}
gate-workflow = This workflow has { $jobs } under way, which is as many as it may have. Please try again in a while.
gate-workflow-until = { $count ->
    [one] This workflow has one job under way, which is as many as it may have. It should be done { $when }. Please try again then.
   *[other] This workflow has { $count } jobs under way, which is as many as it may have. The first of them should be done { $when }. Please try again then.
}
gate-own = { $count ->
    [one] You have one job of this workflow under way, which is as many as you may have of it. You can also cancel it.
   *[other] You have { $count } jobs of this workflow under way, which is as many as you may have of it. You can also cancel one.
}
gate-own-until = { $count ->
    [one] You have one job of this workflow under way, which is as many as you may have of it. It should be done { $when }. You can also cancel it.
   *[other] You have { $count } jobs of this workflow under way, which is as many as you may have of it. The first of them should be done { $when }. You can also cancel one.
}
gate-daily = { $count ->
    [one] You have run this workflow in the last 24 hours, and may do so once in that time. You can run it again { $when }.
   *[other] You have run this workflow { $count } times in the last 24 hours, which is as often as you may. You can run it again { $when }.
}
gate-cooldown = This workflow takes a break between two runs of yours. You can run it again { $when }.
gate-time = You have used { $used } of the { $most } minutes of InvokeAI's time that you have in 24 hours. There is room again { $when }.
gate-time-more = You have used { $used } of the { $most } minutes of InvokeAI's time that you have in 24 hours, and your jobs under way will take about { $more } more. There is room again { $when }.
