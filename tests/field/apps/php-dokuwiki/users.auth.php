# users.auth.php
# <?php exit()?>
ada:$1$teatea12$7tAoA1No2FXkWfoukvqzb/:Ada:ada@tea.example:admin,user
