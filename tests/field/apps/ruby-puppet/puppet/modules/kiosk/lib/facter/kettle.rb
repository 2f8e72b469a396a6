Facter.add(:kettle) do
  setcode { { 'litres' => 1.7, 'state' => 'hot' } }
end
