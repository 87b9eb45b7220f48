using System.Linq;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A test of <c>check</c>: the config of the harness, which has no problems, with the smallest change that has one.</summary>
public abstract class CheckTest : ContainerTest
{
    /// <summary>Checks a container's bundle.</summary>
    private protected static PrintedCheck Check(Container container)
    {
        container.Bundle.Write();
        return Printed.Check(container.Call("check", "--format", "json", container.Bundle.Path).Stdout);
    }

    /// <summary>Asserts that there is exactly one problem.</summary>
    /// <param name="container">Its bundle is checked.</param>
    /// <param name="finding">Severity, place and the start of the sentence: <c>warning: mounts[1].options[0]: "ro" has no effect</c>.</param>
    private protected static PrintedFinding AssertOnly(Container container, string finding)
    {
        PrintedFinding found = Assert.Single(Check(container).Findings);
        Assert.StartsWith(finding, found.ToString(), System.StringComparison.Ordinal);
        return found;
    }

    /// <summary>Asserts that there is a problem, among others.</summary>
    private protected static void AssertAmong(Container container, string finding) =>
        Assert.Contains(
            Check(container).Findings.Select(static found => found.ToString()),
            found => found.StartsWith(finding, System.StringComparison.Ordinal));

    /// <summary>A container with a change: <c>place = JSON</c>, or <c>place +</c> JSON to append to a list.</summary>
    private protected Container NewChanged(params string[] changes)
    {
        Container container = NewContainer();
        foreach (string change in changes)
        {
            int sign = change.IndexOfAny(['=', '+']);
            if (change[sign] == '=')
            {
                container.Bundle.Set(change[..sign].Trim(), change[(sign + 1)..]);
            }
            else
            {
                container.Bundle.Add(change[..sign].Trim(), change[(sign + 1)..]);
            }
        }

        return container;
    }
}
