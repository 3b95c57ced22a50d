# What the studies share: short trainings from nothing on small batches, each of one thread.
# A variant is merged into the base config after `shared`.
seeds = [0, 1]
scenarios = ['noise', 'blur', 'composite']
amp = True
shared = dict(
    train_dataloader=dict(
        batch_size=4, num_workers=0, persistent_workers=False, dataset=dict(shared=dict(crop_size=96))),
    load_from=None)
