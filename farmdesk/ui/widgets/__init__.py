"""Painted and composed widgets that screens share: they know models and looks, but no screen."""
