#!/bin/sh
# After a mailbox was made: its folder, as a mail host would do.
mkdir -p "/tmp/mail/$3" && echo "made $1 quota $4" >> /tmp/mail/made.log
