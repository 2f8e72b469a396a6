from asyncua.server.user_managers import User, UserRole


class Users:
    """Anybody may read; those of the settings may write."""

    def __init__(self, passwords):
        self.passwords = passwords

    def get_user(self, iserver, username=None, password=None, certificate=None):
        if username is None:
            return User(role=UserRole.User)
        if self.passwords.get(username) == password:
            return User(role=UserRole.Admin, name=username)
        return None
