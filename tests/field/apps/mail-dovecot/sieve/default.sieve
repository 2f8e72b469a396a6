require ["fileinto", "mailbox", "imap4flags"];
if header :contains "subject" "offer" {
  addflag "\\Flagged";
  fileinto :create "Offers";
}
