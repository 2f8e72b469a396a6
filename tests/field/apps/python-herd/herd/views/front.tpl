% rebase('page', title='Herd')
<table>
% for one, age in animals:
<tr><td>{{one.tag}}</td><td>{{one.name}}</td><td>{{age}}</td></tr>
% end
</table>
<p>{{best[0][0]}}: {{best[0][1]}} l</p>
