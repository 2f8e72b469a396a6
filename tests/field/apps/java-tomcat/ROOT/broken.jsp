<%= 1 / (int) (Math.random() * 0) %>
