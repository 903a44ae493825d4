"""What streams publish: the public topics, the private ones, and who listens to them."""
