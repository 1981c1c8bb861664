"""Tools that try a model out: are its gradients right, and which learning rate suits it?"""
