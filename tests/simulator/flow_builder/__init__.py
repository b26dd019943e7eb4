"""The stand-in Flow Builder: what it receives, the flows it runs, and a judge of its mails."""
