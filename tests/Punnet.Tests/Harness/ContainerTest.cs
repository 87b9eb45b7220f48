using System;
using System.Collections.Generic;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>
/// A test that makes containers. After it, whatever it did, they are gone; a container that left anything behind fails the test.
/// </summary>
public abstract class ContainerTest : IDisposable
{
    private readonly List<Container> containers = [];

    /// <summary>A container with its own bundle, id and, unless given, state root.</summary>
    private protected Container NewContainer(string? stateRoot = null)
    {
        Container container = new(stateRoot);
        containers.Add(container);
        return container;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Cleans up, then asserts that there was nothing to clean up but what delete --force removes.</summary>
    protected virtual void Dispose(bool disposing)
    {
        List<string> left = [];
        for (int index = containers.Count - 1; index >= 0; index--)
        {
            left.AddRange(containers[index].CleanUp());
        }

        containers.Clear();
        Assert.Empty(left);
    }
}
