"""Why three ways: the shipped engine, driven through everything that can happen to two hosts within bounds."""
