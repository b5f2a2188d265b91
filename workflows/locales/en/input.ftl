# What is wrong with a value that somebody gave. Each follows the input's name and a colon.

input-wrong = **{ $name }**: { $problem }
input-needed = is needed. Please give it a value.
input-nothing-to-draw = has bounds that leave nothing to draw. Please give it a value.
input-fixed = is fixed in this workflow and cannot be set.
input-whole-not = takes a whole number, not { $given }.
input-not-number = takes { $wanted ->
    [whole] a whole number
   *[number] a number
 }, not “{ $given }”.
input-beyond = takes { $wanted ->
    [whole] a whole number
   *[number] a number
 } { $reach }.
input-down-to = down to { $low }
input-up-to = up to { $high }
input-from-to = from { $low } to { $high }
input-bound-low = of at least { $number }
input-bound-above = of more than { $number }
input-bound-high = of at most { $number }
input-bound-below = of less than { $number }
input-from-to-not = must be from { $low } to { $high }, not { $number }.
input-at-least = must be at least { $low }, not { $number }.
input-at-most = must be at most { $high }, not { $number }.
input-more = must be more than { $low }, not { $number }.
input-less = must be less than { $high }, not { $number }.
input-multiple = must be a multiple of { $of }, not { $number }.
input-yes-no = takes yes or no.
input-long = may have up to { $most } characters; this has { $count }.
input-no-text = takes text; this holds characters that are no text.
input-no-choice = has no choice “{ $given }”. Pick one of: { $some }
input-color = takes a colour like #ff8800, not “{ $given }”.
input-no-model = “{ $given }” is no installed model that fits here. { $instead }
input-no-preset = “{ $given }” is no style preset that is there. { $instead }
input-none-now = There is none now; please tell an admin.
input-pick = Pick one of: { $some }{ $more ->
    [0] {""}
   *[other] {" "}and { $more } more
 }
input-box = takes four whole numbers, x_min, y_min, x_max, y_max, like { $like }.
input-box-order = must end right of and below where it begins, like { $like }.
input-twice = takes each once, with its weight; this names one of them twice.
input-no-lora = “{ $given }” is no installed model that fits here. Give names, like { $like }.
input-weight = the weight of { $name } must be a number from -{ $most } to { $most }, like { $like }.
input-place = value { $place } { $problem }
input-place-like = value { $place } { $problem } Give them like { $like }.
input-too-many = takes up to { $most }, not { $count }.
input-too-few = needs at least { $least }, not { $count }.
input-refused = InvokeAI does not take this value ({ $reason }). Try another one.
