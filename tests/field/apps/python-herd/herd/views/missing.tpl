% rebase('page', title='404')
<p>No animal grazes at {{path}}</p>
