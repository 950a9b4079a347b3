"""The one door to the bytes of images: no other module opens an image."""
