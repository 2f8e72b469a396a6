# frozen_string_literal: true

polish = lambda do |n|
  next :one if n == 1

  (2..4).cover?(n % 10) && !(12..14).cover?(n % 100) ? :few : :many
end
{ pl: { i18n: { plural: { keys: %i[one few many other], rule: polish } } } }
