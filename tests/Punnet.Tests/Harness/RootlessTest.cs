using System.IO;

namespace Punnet.Tests.Harness;

/// <summary>Tests of what an ordinary user can do.</summary>
public abstract class RootlessTest : ContainerTest
{
    /// <summary>
    /// A container whose bundle, state root and config.json are the user's: what <c>spec --rootless</c> writes, without a terminal.
    /// </summary>
    private protected Container NewRootless(OrdinaryUser? user = null)
    {
        Container container = NewContainer();
        container.User = user ?? new OrdinaryUser();
        container.Bundle.GiveRootTo(OrdinaryUser.Id);
        OrdinaryUser.Give(container.Directory);
        container.Call("spec", "--rootless", "--bundle", container.Bundle.Path).Succeeds();
        container.Bundle.Replace(File.ReadAllText(container.Bundle.Path + "/config.json"));
        container.Bundle.Set("process.terminal", "false");
        return container;
    }

    /// <summary>The same, with root of the container and 999 more ids mapped by newuidmap.</summary>
    private protected Container NewSubordinate(string? grants = null)
    {
        Container container = NewRootless(new OrdinaryUser
        {
            Grants = grants ?? $"tester:{OrdinaryUser.FirstSubordinate}:{OrdinaryUser.Subordinates}\n",
        });
        foreach (string maps in new[] { "linux.uidMappings", "linux.gidMappings" })
        {
            container.Bundle.Add(maps, $$"""{"containerID":1,"hostID":{{OrdinaryUser.FirstSubordinate}},"size":999}""");
        }

        return container;
    }
}
