# What stands beside the fields of a form.

form-up-to = Up to { $count }.
form-empty-keeps = Empty keeps { $names }.
form-long-keeps = Yours has { $count } characters; a form shows { $most }. Empty keeps it.
form-none-installed = None that fits is installed.
form-its-name = Its name; { $count } are installed.

form-yes = Yes
form-no = No
form-neither = Leave as it is

# What is typed into a field: one or several of these, with commas between and a full stop behind.
form-kind-integer = Whole number
form-kind-number = Number
form-kind-boolean = Yes or no
form-kind-string = Text
form-kind-color = Colour, #rrggbb
form-kind-model = Model
form-kind-integers = Whole numbers
form-kind-numbers = Numbers
form-kind-strings = Texts
form-kind-box = Box, x_min, y_min, x_max, y_max
form-kind-loras = LoRAs with weights
form-kind-style_preset = Style preset
form-one-of = One of { $names }
form-which = one of { $names }
form-from-to = { $kind } from { $low } to { $high }
form-at-least = at least { $number }
form-more-than = more than { $number }
form-at-most = at most { $number }
form-less-than = less than { $number }
form-like = like { $example }
form-multiple = multiple of { $number }
form-drawn = random if left empty

# Several names: the first ones, and one of a few.
form-some = { $names } and { $more } more
form-either = { $names } or { $last }
