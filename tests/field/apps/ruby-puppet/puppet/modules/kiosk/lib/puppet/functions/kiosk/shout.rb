# The text in capitals.
Puppet::Functions.create_function(:'kiosk::shout') do
  dispatch :shout do
    param 'String', :text
  end

  def shout(text)
    text.upcase
  end
end
