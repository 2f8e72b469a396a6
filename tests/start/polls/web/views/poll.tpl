<!doctype html>
<title>{{question}}</title>
<h1>{{question}}</h1>
<form method="post" action="/vote"><button name="choice" value="tea">tea</button></form>
% for choice, count in sorted(votes.items()):
<p>{{choice}}: {{count}}</p>
% end
<a href="/results">results</a>
