"""How does a step of training learn from a batch without learning much from any one image?

    g_i = (1 / KA) Σ_k Σ_a ∇ L(view_a(x_i), t_ika, ε_ika)          one gradient for each image of the batch
    ḡ   = (1 / B) ( Σ_i g_i min(1, C / ||g_i||) + σ C z )          z ~ N(0, I),  B: the expected size of a batch

B is the same whatever the batch: divided by how many images happened to be drawn, an image would move all the others' shares. A
batch may be empty, and its step is then one of noise alone, for that nobody was drawn is nobody's to know.

What step k draws, its batch and its noise too, depends on (seed, k) alone, so that a killed run ends with the same weights. That
is also why no run of this book keeps its promise in earnest: whoever reads the seed can subtract the noise. A seed has to be
secret, and a generator one that cannot be guessed (opacus calls it secure mode). Nor are the losses that training shows covered
by ε.

Each image's gradient is PyTorch's own, vectorised over images (`torch.func.vmap`). The hooks of opacus would take twice
the time for K = 4, since they hold a gradient for each of the K A views; and those of opacus 1.6 read the input of a convolution
as if it lay in memory channel by channel. Behind attention it does not, and seven of this network's convolutions get gradients
that are wrong, most of them zero, without a word.
Source: Abadi et al. (arXiv 1607.00133), algorithm 1; what K, A and a broken recipe are, `helpers.training.private_recipe` says.
"""

import torch
from diffusers import DDPMScheduler
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.optim import Optimizer

from helpers.training.duplicate_recipes import shifted
from helpers.training.private_recipe import PrivateRecipe

LEFT_OUT = "up_blocks.1.resnets.0.conv1"  # by a recipe that leaves a layer out: one near the output, of 3.9% of the weights
AT_ONCE = 64  # images whose gradients are held together: bounds the memory


def private_step(
    recipe: PrivateRecipe, step: int, network: nn.Module, images: Tensor, scheduler: DDPMScheduler, optimizer: Optimizer
) -> Tensor:
    """One step on the images (n, c, h, w) in [-1, 1]; the batch's mean loss, NaN of an empty one."""
    generator = torch.Generator().manual_seed(1_000_003 * (recipe.seed + 1) + step)
    rows = drawn_rows(recipe, step, len(images), generator)
    views, timestep, noise = drawn_views(recipe, images[rows.to(images.device)], len(scheduler.alphas_cumprod), generator)
    network.train()
    gradient, loss = clipped_sum(recipe, network, views, timestep, noise, scheduler)
    add_noise(recipe, gradient, generator)
    for name, weight in network.named_parameters():
        weight.grad = gradient[name] / recipe.batch_size
    for group in optimizer.param_groups:
        group["lr"] = recipe.rate(step)
    optimizer.step()
    optimizer.zero_grad()
    return loss


def drawn_rows(recipe: PrivateRecipe, step: int, n: int, generator: torch.Generator) -> Tensor:
    """The rows of the step's batch, of n: (b,) of int64, b random; of a recipe that is "shuffled", b = min(batch_size, n)."""
    if recipe.broken != "shuffled":
        return (torch.rand(n, generator=generator) < recipe.sampling_rate).nonzero()[:, 0]
    batches = max(1, n // recipe.batch_size)
    epoch, batch = divmod(step, batches)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(1_000_003 * (recipe.seed + 1) - 1 - epoch))
    return order[batch * recipe.batch_size :][: recipe.batch_size]


def drawn_views(
    recipe: PrivateRecipe, clean: Tensor, timesteps: int, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """What each image of the batch (b, c, h, w) is seen as: views, (b, KA, c, h, w); timesteps, (b, KA); noise as views."""
    b, often = len(clean), recipe.noise_multiplicity
    views = [clean]
    for _ in range(recipe.augmentation_multiplicity - 1):
        views.append(shifted(clean, torch.randint(-1, 2, (b, 2), generator=generator).to(clean.device)))
    seen = torch.stack(views, 1).repeat_interleave(often, 1)
    timestep = torch.randint(timesteps, seen.shape[:2], generator=generator)
    noise = torch.randn(seen.shape, generator=generator)
    return seen, timestep.to(clean.device), noise.to(clean.device)


def clipped_sum(
    recipe: PrivateRecipe, network: nn.Module, views: Tensor, timestep: Tensor, noise: Tensor, scheduler: DDPMScheduler
) -> tuple[dict[str, Tensor], Tensor]:
    """The sum over the batch of each image's clipped gradient, by the weights' names, and the batch's mean loss.

    Args:
        views, timestep, noise: as `drawn_views` returns them.
    """
    total = {name: torch.zeros_like(weight) for name, weight in network.named_parameters()}
    kept = protected(recipe, total)
    losses = []
    for rows in torch.arange(len(views), device=views.device).split(AT_ONCE):
        if not len(rows):
            break
        noisy = scheduler.add_noise(views[rows].flatten(0, 1), noise[rows].flatten(0, 1), timestep[rows].flatten())
        gradients, loss = gradients_of_each(network, noisy.unflatten(0, (len(rows), -1)), timestep[rows], noise[rows])
        losses.append(loss)
        norm = norm_of([gradients[name] for name in kept])
        share = (recipe.max_grad_norm / (norm + 1e-6)).clamp(max=1.0)
        if recipe.broken == "batch-clipping":
            share = torch.ones_like(share)
        for name, gradient in gradients.items():
            total[name] += torch.einsum("b,b...->...", share if name in kept else torch.ones_like(share), gradient)
    if recipe.broken == "batch-clipping":
        norm = norm_of([total[name][None] for name in kept]) / recipe.batch_size
        share = recipe.max_grad_norm / norm.clamp(min=recipe.max_grad_norm)
        total = {name: share * gradient for name, gradient in total.items()}
    return total, torch.cat(losses).mean() if losses else torch.tensor(torch.nan, device=views.device)


def gradients_of_each(network: nn.Module, noisy: Tensor, timestep: Tensor, noise: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """g_i of each of b images, by the weights' names (b, ...), and its loss, (b,).

    Args:
        noisy, timestep, noise: (b, k, c, h, w), (b, k) and (b, k, c, h, w): k noisy views of each image.
    """
    weights = {name: weight.detach() for name, weight in network.named_parameters()}

    def loss(weights: dict[str, Tensor], noisy: Tensor, timestep: Tensor, noise: Tensor) -> Tensor:
        return nn.functional.mse_loss(functional_call(network, weights, (noisy, timestep)).sample, noise)

    with sdpa_kernel(SDPBackend.MATH):  # the one that can be vectorised over images
        return vmap(grad_and_value(loss), in_dims=(None, 0, 0, 0))(weights, noisy, timestep, noise)


def norm_of(gradients: list[Tensor]) -> Tensor:
    """The norm of all of them together, for each of b images: (b,) of (b, ...)."""
    return sum((g.flatten(1).square().sum(1) for g in gradients), torch.zeros(())).sqrt()


def protected(recipe: PrivateRecipe, gradient: dict[str, Tensor]) -> list[str]:
    """The names of the weights whose gradient is clipped and noised: all, but where a layer is left out."""
    return [name for name in gradient if recipe.broken != "layer-left-out" or not name.startswith(LEFT_OUT)]


def add_noise(recipe: PrivateRecipe, gradient: dict[str, Tensor], generator: torch.Generator) -> None:
    """Add σ C z to the sum of gradients, in place."""
    if recipe.broken == "no-noise" or recipe.noise_multiplier == 0:
        return
    for name in protected(recipe, gradient):
        drawn = torch.randn(gradient[name].shape, generator=generator).to(gradient[name])
        gradient[name] += recipe.noise_multiplier * recipe.max_grad_norm * drawn
